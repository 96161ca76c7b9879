using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>The relay's response to a hand-written request.</summary>
internal sealed record RawResponse(int Status, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>A bare TCP client: can send invalid input, responds to nothing automatically, and validates every frame that it reads.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    private RawClient(Socket socket) => _socket = socket;

    /// <summary>True once the connection has ended with a reset: data in flight may be lost.</summary>
    public bool WasReset { get; private set; }

    /// <param name="port">The relay's port.</param>
    /// <param name="receiveBufferBytes">SO_RCVBUF, set before connecting so that the window stays small; zero leaves the system's choice.</param>
    /// <param name="from">The local address to bind to; null for the default.</param>
    public static async Task<RawClient> ConnectAsync(int port, int receiveBufferBytes = 0, IPAddress? from = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes > 0) socket.ReceiveBufferSize = receiveBufferBytes;
        if (from is not null) socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(IPAddress.Loopback, port).Within();
        return new RawClient(socket);
    }

    /// <summary>Returns an upgrade request. A header given in <paramref name="headers"/> replaces the default one; null omits it.</summary>
    public static string UpgradeRequest(params (string Name, string? Value)[] headers) => UpgradeRequest("/ws", headers);

    public static string UpgradeRequest(string target, params (string Name, string? Value)[] headers)
    {
        var all = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Host"] = "127.0.0.1",
            ["Upgrade"] = "websocket",
            ["Connection"] = "Upgrade",
            ["Sec-WebSocket-Version"] = "13",
            ["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ==",
        };
        foreach ((string name, string? value) in headers) all[name] = value;
        return $"GET {target} HTTP/1.1\r\n"
            + string.Concat(all.Where(header => header.Value is not null).Select(header => $"{header.Key}: {header.Value}\r\n"))
            + "\r\n";
    }

    /// <param name="request">The request.</param>
    /// <param name="readsStreams">False to return after the headers of an event stream, which does not end.</param>
    public async Task<RawResponse> RequestAsync(string request, bool readsStreams = true)
    {
        await SendAsync(Encoding.Latin1.GetBytes(request));
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            Assert.True(await FillAsync(), "the connection ended before a response");
        }

        string[] lines = Encoding.ASCII.GetString(_buffer, _start, length).Split("\r\n");
        _start += length + 4;
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        int status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        bool isStream = headers.TryGetValue("Content-Type", out string? type) && type.StartsWith("text/event-stream", StringComparison.Ordinal);
        return new RawResponse(status, headers, status == 101 || (isStream && !readsStreams) ? "" : await ReadBodyAsync(headers));
    }

    public async Task UpgradeAsync()
    {
        RawResponse response = await RequestAsync(UpgradeRequest());
        Assert.Equal(101, response.Status);
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", response.Headers["Sec-WebSocket-Accept"]);
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        for (int sent = 0; sent < bytes.Length;) sent += await _socket.SendAsync(bytes[sent..]).AsTask().Within();
    }

    public Task SendAsync(params WireFrame[] frames) => SendAsync(frames.SelectMany(frame => frame.ToBytes()).ToArray());

    /// <summary>Reads the next frame of any kind; null when the relay has ended the connection.</summary>
    public async Task<WireFrame?> ReadAsync()
    {
        while (true)
        {
            if (WireFrame.TryParse(_buffer.AsSpan(_start, _end - _start), out WireFrame? frame, out int length))
            {
                _start += length;
                return frame;
            }

            if (!await FillAsync()) return null;
        }
    }

    /// <summary>Reads the next byte, with a system call of its own.</summary>
    public async Task<byte> ReadByteAsync()
    {
        if (_start < _end) return _buffer[_start++];
        byte[] one = new byte[1];
        Assert.Equal(1, await _socket.ReceiveAsync(one).WaitAsync(TestTimeouts.Default));
        return one[0];
    }

    /// <summary>Reads the next frame that is not a ping.</summary>
    public async Task<WireFrame> ReadMessageAsync()
    {
        while (true)
        {
            WireFrame? frame = await ReadAsync();
            Assert.True(frame is not null, "the connection ended");
            if (frame.Opcode != Opcode.Ping) return frame;
        }
    }

    /// <summary>Reads up to the relay's close frame, completes the closing handshake, and waits for the end of the connection. Returns the frame.</summary>
    public async Task<WireFrame> ReadCloseAsync()
    {
        WireFrame close;
        do close = await ReadMessageAsync();
        while (close.Opcode != Opcode.Close);
        try
        {
            await SendAsync(new WireFrame(Opcode.Close, close.Payload));
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The relay need not wait for the reply to its close frame.
        }

        await ReadToEndAsync();
        return close;
    }

    /// <summary>Reads until the relay ends the connection, in whatever way it does.</summary>
    public async Task<List<WireFrame>> ReadToEndAsync()
    {
        var frames = new List<WireFrame>();
        while (await ReadAsync() is { } frame) frames.Add(frame);
        return frames;
    }

    /// <summary>Resets the connection.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string> ReadBodyAsync(Dictionary<string, string> headers)
    {
        if (headers.TryGetValue("Content-Length", out string? length))
        {
            return Encoding.UTF8.GetString(await ReadExactlyAsync(int.Parse(length, CultureInfo.InvariantCulture)));
        }

        if (!headers.ContainsKey("Transfer-Encoding")) return "";
        var body = new StringBuilder();
        while (true)
        {
            var size = new StringBuilder();
            while (!size.ToString().EndsWith("\r\n", StringComparison.Ordinal)) size.Append((char)(await ReadExactlyAsync(1))[0]);
            int chunk = int.Parse(size.ToString().Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.Append(Encoding.UTF8.GetString(await ReadExactlyAsync(chunk)));
            await ReadExactlyAsync(2);
            if (chunk == 0) return body.ToString();
        }
    }

    private async Task<byte[]> ReadExactlyAsync(int count)
    {
        while (_end - _start < count) Assert.True(await FillAsync(), "the connection ended too early");
        byte[] bytes = _buffer[_start..(_start + count)];
        _start += count;
        return bytes;
    }

    /// <summary>Returns false at the end of the connection.</summary>
    private async Task<bool> FillAsync()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        using var timeout = new CancellationTokenSource(TestTimeouts.Default);
        try
        {
            int read = await _socket.ReceiveAsync(_buffer.AsMemory(_end), timeout.Token);
            _end += read;
            return read > 0;
        }
        catch (SocketException reset) when (reset.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
        {
            WasReset = true;
            return false;
        }
    }
}
