using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Bench.Floor;

/// <summary>
/// The least that fan-out costs: one thread reads the channel, makes one unmasked frame of each payload, and calls <c>send</c> on each client's blocking
/// socket. No validation, no filters, no state, and a client that does not read stops it. Clients are WebSockets on any path.
/// </summary>
/// <param name="redis">Redis without a password and without TLS.</param>
/// <param name="channel">The channel to subscribe to.</param>
/// <param name="isBatched">
/// True: all frames of what one read from Redis returned are one <c>send</c> to each client. False: one <c>send</c> for each frame.
/// </param>
internal sealed partial class FloorServer(EndPoint redis, string channel, bool isBatched) : IDisposable
{
    private const int MaxRequestBytes = 8 * 1024;
    private const int BufferBytes = 1024 * 1024;
    private const int MaxHeaderBytes = 10;

    /// <summary>MSG_NOSIGNAL of Linux: no signal if the peer is gone.</summary>
    private const int NoSignal = 0x4000;

    private readonly List<Socket> _clients = [];
    private readonly byte[] _input = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);

    // A payload has at least as many bytes of Redis' own around it as the header of its frame has.
    private readonly byte[] _output = GC.AllocateUninitializedArray<byte>(BufferBytes + MaxHeaderBytes, pinned: true);
    private int _filled;
    private int _pending;

    /// <summary>Accepts clients until it is disposed. Blocks.</summary>
    /// <param name="listener">A listening socket, which the caller owns.</param>
    public void Accept(Socket listener)
    {
        while (true)
        {
            Socket client = listener.Accept();
            if (!TryUpgrade(client))
            {
                client.Dispose();
                continue;
            }

            if (client.AddressFamily != AddressFamily.Unix) client.NoDelay = true;
            lock (_clients) _clients.Add(client);
        }
    }

    /// <summary>Reads the channel and sends, until the connection to Redis ends. Blocks.</summary>
    /// <param name="ready">Called when the subscription has been requested.</param>
    /// <exception cref="SocketException">Redis cannot be reached.</exception>
    public void Run(Action ready)
    {
        using var socket = new Socket(redis.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(redis);
        socket.Send(Encoding.UTF8.GetBytes($"*2\r\n$9\r\nSUBSCRIBE\r\n${Encoding.UTF8.GetByteCount(channel)}\r\n{channel}\r\n"));
        ready();
        while (true)
        {
            int read = socket.Receive(_input.AsSpan(_filled));
            if (read == 0) return;
            _filled += read;
            int taken = 0;
            while (TryReadMessage(_input.AsSpan(taken, _filled - taken), out int length, out ReadOnlySpan<byte> payload))
            {
                taken += length;
                // The confirmation of the subscription has a number in place of the payload.
                if (payload.IsEmpty) continue;
                AddFrame(payload);
                if (!isBatched) SendPending();
            }

            SendPending();
            _input.AsSpan(taken, _filled - taken).CopyTo(_input);
            _filled -= taken;
        }
    }

    public void Dispose()
    {
        lock (_clients)
        {
            foreach (Socket client in _clients) client.Dispose();
            _clients.Clear();
        }
    }

    private static bool TryUpgrade(Socket client)
    {
        byte[] request = new byte[MaxRequestBytes];
        int length = 0;
        while (request.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            int read = length == request.Length ? 0 : client.Receive(request.AsSpan(length));
            if (read == 0) return false;
            length += read;
        }

        const string name = "Sec-WebSocket-Key: ";
        string text = Encoding.ASCII.GetString(request, 0, length);
        int at = text.IndexOf(name, StringComparison.OrdinalIgnoreCase);
        if (at < 0) return false;
        string key = text[(at + name.Length)..].Split('\r')[0];
        client.Send(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {Handshake.AcceptValue(key)}\r\n\r\n"));
        return true;
    }

    /// <summary>Reads one message: an array of three, whose last part is the payload, or the number of subscriptions.</summary>
    private static bool TryReadMessage(ReadOnlySpan<byte> input, out int length, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        length = 0;
        if (!TryReadLine(input, ref length, out _)) return false;
        for (int part = 0; part < 3; part++)
        {
            if (!TryReadLine(input, ref length, out ReadOnlySpan<byte> head)) return false;
            if (head[0] != '$') continue;
            int bytes = int.Parse(head[1..]);
            if (input.Length < length + bytes + 2) return false;
            if (part == 2) payload = input.Slice(length, bytes);
            length += bytes + 2;
        }

        return true;
    }

    private static bool TryReadLine(ReadOnlySpan<byte> input, ref int at, out ReadOnlySpan<byte> line)
    {
        line = default;
        int end = input[at..].IndexOf("\r\n"u8);
        if (end < 0) return false;
        line = input.Slice(at, end);
        at += end + 2;
        return true;
    }

    private void AddFrame(ReadOnlySpan<byte> payload)
    {
        Span<byte> output = _output.AsSpan(_pending);
        int header = Frames.WriteHeader(output, Opcode.Text, payload.Length);
        payload.CopyTo(output[header..]);
        _pending += header + payload.Length;
    }

    private void SendPending()
    {
        if (_pending == 0) return;
        lock (_clients)
        {
            for (int i = _clients.Count - 1; i >= 0; i--)
            {
                if (SendAll(_clients[i].SafeHandle)) continue;
                _clients[i].Dispose();
                _clients.RemoveAt(i);
            }
        }

        _pending = 0;
    }

    private unsafe bool SendAll(SafeSocketHandle client)
    {
        fixed (byte* output = _output)
        {
            for (int sent = 0; sent < _pending;)
            {
                nint taken = Send((int)client.DangerousGetHandle(), output + sent, (nuint)(_pending - sent), NoSignal);
                if (taken <= 0) return false;
                sent += (int)taken;
            }
        }

        return true;
    }

    [LibraryImport("libc", EntryPoint = "send")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint Send(int descriptor, byte* bytes, nuint length, int flags);
}
