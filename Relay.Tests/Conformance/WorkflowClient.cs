using System.Net.WebSockets;

namespace Cecelia.Relay.Tests.Conformance;

/// <summary>
/// System D's <c>useConnectStore</c>, as its document draws it: after a close that was clean it does not reconnect; after any other it makes up to five attempts,
/// each after a delay. Reads until it is disposed.
/// </summary>
/// <param name="address">Of the relay.</param>
/// <param name="delay">Passes before each attempt. The document has 3 s, doubled with each.</param>
internal sealed class WorkflowClient(Uri address, Func<Task> delay) : IAsyncDisposable
{
    private const int MaxReconnectAttempts = 5;

    private readonly CancellationTokenSource _disposed = new();
    private readonly List<string> _messages = [];
    private Task _run = Task.CompletedTask;

    /// <summary>The state of the document's state machine.</summary>
    public string Status { get; private set; } = "disconnected";

    /// <summary>How often it was connected.</summary>
    public int Connections { get; private set; }

    /// <summary>The messages so far, in order. For a test that waits for one.</summary>
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

    /// <summary>Returns <c>wasClean</c>, as a browser has it: a close frame came.</summary>
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
                // The abort of a receive that was under way.
            }

            return socket.HasCloseFrame || _disposed.IsCancellationRequested;
        }
    }
}
