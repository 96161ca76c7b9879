using System.Net.WebSockets;
using System.Text;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>A well-behaved client: the framework's own, which responds to pings and closes as long as a receive is pending.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private static readonly HttpMessageInvoker Invoker = new(new SocketsHttpHandler
    {
        EnableMultipleHttp2Connections = true,
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    });

    private readonly ClientWebSocket _socket = new();
    private byte[] _buffer = new byte[16 * 1024];

    private TestClient()
    {
        _socket.Options.KeepAliveInterval = TimeSpan.Zero;
    }

    public WebSocketState State => _socket.State;

    /// <summary>True once the relay's close frame has been received, which a browser calls a clean close.</summary>
    public bool HasCloseFrame => _socket.CloseStatus is not null;

    /// <summary>Connects. Trusts any certificate.</summary>
    /// <param name="address">The address.</param>
    /// <param name="configure">Configures the client.</param>
    /// <param name="invoker">Connects in another way than by TCP; owned by the caller.</param>
    public static async Task<TestClient> ConnectAsync(Uri address, Action<ClientWebSocketOptions>? configure = null, HttpMessageInvoker? invoker = null)
    {
        var client = new TestClient();
        try
        {
            configure?.Invoke(client._socket.Options);
            await client._socket.ConnectAsync(address, invoker ?? Invoker, CancellationToken.None).Within();
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public Task SendAsync(byte[] message, WebSocketMessageType type) => _socket.SendAsync(message, type, endOfMessage: true, CancellationToken.None).Within();

    /// <summary>Receives the next text message. Fails at the deadline, or if the connection closes.</summary>
    public async Task<string> ReceiveAsync(TimeSpan? deadline = null)
    {
        using var timeout = new CancellationTokenSource(deadline ?? TestTimeouts.Default);
        return await ReceiveAsync(timeout.Token);
    }

    /// <summary>Receives the next text message; null when the connection has ended, with or without a close frame.</summary>
    public async Task<string?> ReceiveOrEndAsync()
    {
        using var timeout = new CancellationTokenSource(TestTimeouts.Default);
        try
        {
            return await ReceiveOrCloseAsync(timeout.Token);
        }
        catch (WebSocketException ended) when (ended.WebSocketErrorCode is WebSocketError.ConnectionClosedPrematurely or WebSocketError.InvalidState)
        {
            return null;
        }
    }

    /// <summary>Receives until the relay ends the connection, and fails if it sends a close frame. Returns the messages.</summary>
    public async Task<List<string>> ReceiveToEndAsync()
    {
        var messages = new List<string>();
        while (await ReceiveOrEndAsync() is { } message) messages.Add(message);
        Assert.False(HasCloseFrame, $"a close frame came: {_socket.CloseStatus} {_socket.CloseStatusDescription}");
        return messages;
    }

    /// <summary>Receives the next <paramref name="count"/> messages, within one deadline.</summary>
    public async Task<string[]> ReceiveEventsAsync(int count)
    {
        using var timeout = new CancellationTokenSource(TestTimeouts.Default);
        string[] messages = new string[count];
        for (int i = 0; i < count; i++) messages[i] = await ReceiveAsync(timeout.Token);
        return messages;
    }

    /// <summary>Receives until the relay closes, completes the handshake, and returns the relay's code and reason.</summary>
    public async Task<(int Code, string Reason)> ReceiveCloseAsync()
    {
        using var timeout = new CancellationTokenSource(TestTimeouts.Default);
        while ((await _socket.ReceiveAsync(_buffer, timeout.Token)).MessageType != WebSocketMessageType.Close)
        {
        }

        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, timeout.Token);
        return ((int)_socket.CloseStatus!.Value, _socket.CloseStatusDescription ?? "");
    }

    /// <summary>Performs the closing handshake.</summary>
    public Task CloseAsync(WebSocketCloseStatus code = WebSocketCloseStatus.NormalClosure) => _socket.CloseAsync(code, "bye", CancellationToken.None).Within();

    /// <summary>Aborts the TCP connection.</summary>
    public void Abort() => _socket.Abort();

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string> ReceiveAsync(CancellationToken timeout)
    {
        string? message = await ReceiveOrCloseAsync(timeout);
        Assert.True(message is not null, $"the connection was closed instead of a text message ({_socket.CloseStatus} {_socket.CloseStatusDescription})");
        return message;
    }

    /// <summary>Receives a text message; null at the relay's close frame.</summary>
    private async Task<string?> ReceiveOrCloseAsync(CancellationToken timeout)
    {
        int length = 0;
        while (true)
        {
            ValueWebSocketReceiveResult result = await _socket.ReceiveAsync(_buffer.AsMemory(length), timeout);
            if (result.MessageType == WebSocketMessageType.Close) return null;
            Assert.Equal(WebSocketMessageType.Text, result.MessageType);
            length += result.Count;
            if (result.EndOfMessage) return Encoding.UTF8.GetString(_buffer, 0, length);
            if (length == _buffer.Length) Array.Resize(ref _buffer, length * 2);
        }
    }
}
