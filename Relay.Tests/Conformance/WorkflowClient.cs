using System.Net.WebSockets;

namespace Cecelia.Relay.Tests.Conformance;

/// <summary>
/// The <c>useConnectStore</c> of the Workflow document: it does not reconnect after a clean close; after any other close it makes up to five attempts,
/// each after a delay. Reads until it is disposed.
/// </summary>
/// <param name="address">The relay's address.</param>
/// <param name="delay">Waits before each attempt. The document waits 3 s, doubled with each attempt.</param>
internal sealed class WorkflowClient(Uri address, Func<Task> delay) : IAsyncDisposable
{
    private const int MaxReconnectAttempts = 5;

    private readonly CancellationTokenSource _disposed = new();
    private readonly List<string> _messages = [];
    private Task _run = Task.CompletedTask;

    /// <summary>The state of the document's state machine.</summary>
    public string Status { get; private set; } = "disconnected";

    /// <summary>Number of times that it connected.</summary>
    public int Connections { get; private set; }

    /// <summary>The messages so far, in order, for a test that waits for one.</summary>
    public IReadOnlyList<string> Messages
    {
        get
        {
            lock (_messages) return [.. _messages];
        }
    }

    public async Task ConnectAsync()
    {
        TestClient socket = await TestClient.ConnectAsync(address);
        _run = RunAsync(socket);
    }

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        await _run.Within();
        _disposed.Dispose();
    }

    private async Task RunAsync(TestClient first)
    {
        TestClient? socket = first;
        for (int attempts = 0; ; attempts++)
        {
            if (socket is not null)
            {
                attempts = 0;
                if (await ReadToEndAsync(socket))
                {
                    Status = "disconnected";
                    return;
                }
            }

            if (attempts >= MaxReconnectAttempts)
            {
                Status = "Max reconnection attempts reached";
                return;
            }

            Status = "reconnecting";
            await delay();
            socket = await TryConnectAsync();
        }
    }

    private async Task<TestClient?> TryConnectAsync()
    {
        try
        {
            return await TestClient.ConnectAsync(address);
        }
        catch (WebSocketException)
        {
            return null;
        }
    }

    /// <summary>Returns <c>wasClean</c> as a browser reports it: whether a close frame was received.</summary>
    private async Task<bool> ReadToEndAsync(TestClient socket)
    {
        await using (socket)
        {
            Connections++;
            Status = "connected";
            using CancellationTokenRegistration abort = _disposed.Token.Register(socket.Abort);
            try
            {
                while (await socket.ReceiveOrEndAsync() is { } message)
                {
                    lock (_messages) _messages.Add(message);
                }
            }
            catch (OperationCanceledException) when (_disposed.IsCancellationRequested)
            {
                // The abort of a pending receive.
            }

            return socket.HasCloseFrame || _disposed.IsCancellationRequested;
        }
    }
}
