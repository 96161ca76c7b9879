using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// A lightweight WebSocket client: a socket, a small buffer and a scanner. It reads when the socket is readable, on the thread that polls all sockets, records
/// the deliveries, and replies to pings.
/// </summary>
internal sealed class LoadClient : IDisposable
{
    /// <summary>Size of a client's own buffer. A typical event fits, so that an idle client needs one read per event, and 10,000 clients use 20 MB.</summary>
    public const int OwnBufferBytes = 2048;

    private const int SharedBufferBytes = 128 * 1024;
    private const int MaxResponseBytes = 16 * 1024;
    private static readonly TimeSpan HandshakeDeadline = TimeSpan.FromSeconds(20);

    // For data that does not fit into a busy client's own buffer. One per thread, so that it stays in the CPU cache.
    [ThreadStatic]
    private static byte[]? _shared;

    private readonly Socket _socket;
    private readonly Deliveries _deliveries;
    private readonly SocketAsyncEventArgs _receive = new();
    private readonly FrameScanner _scanner = new();
    private bool _pongDue;
    private volatile bool _isDisposed;

    private LoadClient(Socket socket, int number, LoadPlan plan, Deliveries deliveries)
    {
        _socket = socket;
        _deliveries = deliveries;
        IsSlow = plan.IsSlow(number);
        Task = plan.TaskOf(number);
        Check = plan.CheckFor(number);
        _receive.Completed += (_, _) => OnReceived();
    }

    /// <summary>Whether the client never reads.</summary>
    public bool IsSlow { get; }

    public int Task { get; }

    /// <summary>The check of this client's deliveries. Requires <see cref="Deliveries.Gate"/>.</summary>
    public DeliveryCheck Check { get; }

    /// <summary>Whether the client has received a probe. Requires <see cref="Deliveries.Gate"/>.</summary>
    public bool IsReady { get; set; }

    /// <summary>The reason why the connection ended; null while it is open. Requires <see cref="Deliveries.Gate"/>.</summary>
    public string? Ended { get; private set; }

    /// <summary>Connects and upgrades, blocking. The client does not read yet.</summary>
    /// <exception cref="BenchException">The connection failed or was refused.</exception>
    public static LoadClient Open(EndPoint relay, int number, LoadPlan plan, Deliveries deliveries, Memory<byte> buffer)
    {
        bool isUnix = relay.AddressFamily == AddressFamily.Unix;
        var socket = new Socket(relay.AddressFamily, SocketType.Stream, isUnix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            if (!isUnix) socket.NoDelay = true;
            var client = new LoadClient(socket, number, plan, deliveries);
            // The relay should detect a client that never reads after kilobytes, not after the megabytes that the kernel would buffer for it.
            if (client.IsSlow) socket.ReceiveBufferSize = 4096;
            socket.ReceiveTimeout = (int)HandshakeDeadline.TotalMilliseconds;
            socket.Connect(relay);
            byte[] rest = Upgrade(socket, plan, number);
            socket.Blocking = false;
            client._receive.SetBuffer(buffer);
            if (client.IsSlow) return client;

            deliveries.AddReader(client.Task);
            client.Scan(rest);
            return client;
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            throw new BenchException($"Client {number + 1} could not connect to {plan.Relay}: {Describe(failure)}");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Starts to read, until the connection ends.</summary>
    public void Start()
    {
        if (!IsSlow) Receive();
    }

    /// <summary>Sends a close frame, so that the relay closes the connection.</summary>
    public void Close()
    {
        Span<byte> payload = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(payload, 1000);
        Send(Opcode.Close, payload);
    }

    public void Dispose()
    {
        _isDisposed = true;
        // Reset the connection: after an orderly close, 10,000 ports would be unusable for a minute.
        if (_socket.Connected && _socket.AddressFamily != AddressFamily.Unix) _socket.LingerState = new LingerOption(enable: true, 0);
        _socket.Dispose();
        _receive.Dispose();
    }

    private static byte[] Upgrade(Socket socket, LoadPlan plan, int number)
    {
        socket.Send(Encoding.ASCII.GetBytes(
            $"""
            GET {plan.TargetOf(number)} HTTP/1.1
            Host: {plan.Relay.Authority}
            Connection: Upgrade
            Upgrade: websocket
            Sec-WebSocket-Version: 13
            Sec-WebSocket-Key: {Convert.ToBase64String(RandomNumberGenerator.GetBytes(16))}


            """.ReplaceLineEndings("\r\n")));
        byte[] response = new byte[MaxResponseBytes];
        int length = 0;
        while (true)
        {
            int end = response.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (end >= 0 && response.AsSpan().StartsWith("HTTP/1.1 101"u8)) return response[(end + 4)..length];
            int read = end >= 0 || length == response.Length ? 0 : socket.Receive(response.AsSpan(length));
            length += read;
            if (read > 0) continue;
            string answer = Encoding.UTF8.GetString(response, 0, Math.Min(length, 600)).ReplaceLineEndings(" ").Trim();
            throw new BenchException(
                $"{plan.Relay} did not upgrade client {number + 1} to WebSocket: {(answer.Length > 0 ? answer : "it closed the connection")}");
        }
    }

    private static string Describe(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused. Is the relay running there?",
        SocketError.TimedOut or SocketError.WouldBlock => "no response in time.",
        SocketError.TooManyOpenSockets => "the limit of open files of this process is reached (ulimit -n).",
        SocketError.AddressNotAvailable or SocketError.AddressAlreadyInUse => "no free port on this machine. Wait a minute after a previous run.",
        _ => failure.Message,
    };

    private void Receive()
    {
        try
        {
            if (!_socket.ReceiveAsync(_receive)) OnReceived();
        }
        catch (ObjectDisposedException) when (_isDisposed)
        {
            // The run has ended.
        }
    }

    private void OnReceived()
    {
        try
        {
            do
            {
                if (_isDisposed) return;
                if (_receive.SocketError != SocketError.Success || _receive.BytesTransferred == 0)
                {
                    End(_receive.SocketError == SocketError.Success ? "the relay closed the connection" : $"the connection failed ({_receive.SocketError})");
                    return;
                }

                if (!Scan(_receive.MemoryBuffer.Span[.._receive.BytesTransferred])) return;
                if (_receive.BytesTransferred == OwnBufferBytes && !ReadRest()) return;
            }
            while (!_socket.ReceiveAsync(_receive));
        }
        catch (ObjectDisposedException) when (_isDisposed)
        {
            // The run has ended.
        }
    }

    /// <summary>Reads the data that did not fit into the own buffer. Returns false if the connection has ended.</summary>
    private bool ReadRest()
    {
        byte[] shared = _shared ??= GC.AllocateUninitializedArray<byte>(SharedBufferBytes, pinned: true);
        int read = _socket.Receive(shared, SocketFlags.None, out SocketError error);
        // The next read handles an end or an error.
        return error != SocketError.Success || read == 0 || Scan(shared.AsSpan(0, read));
    }

    private bool Scan(ReadOnlySpan<byte> input)
    {
        long now = Stopwatch.GetTimestamp();
        bool open;
        lock (_deliveries.Gate)
        {
            open = Process(input, now);
            _deliveries.WakePublisher();
        }

        if (_pongDue) Send(Opcode.Pong, []);
        _pongDue = false;
        return open;
    }

    private bool Process(ReadOnlySpan<byte> input, long now)
    {
        while (true)
        {
            switch (_scanner.Read(ref input, out ReadOnlySpan<byte> payload))
            {
                case Scanned.Nothing:
                    return true;
                case Scanned.Message:
                    _deliveries.Record(this, payload, now);
                    break;
                case Scanned.Ping:
                    _pongDue = true;
                    break;
                case Scanned.Close:
                    int code = payload.Length < 2 ? 1005 : BinaryPrimitives.ReadUInt16BigEndian(payload);
                    End($"the relay closed the connection with {code} {(payload.Length < 2 ? "" : Encoding.UTF8.GetString(payload[2..]))}".TrimEnd());
                    return false;
                case Scanned.Broken:
                    End($"the relay sent {_scanner.Fault}");
                    return false;
                case Scanned.Pong:
                default:
                    break;
            }
        }
    }

    private void End(string reason)
    {
        lock (_deliveries.Gate)
        {
            if (Ended is not null) return;
            Ended = reason;
            _deliveries.Remove(this);
            _deliveries.WakePublisher();
        }
    }

    /// <summary>
    /// Sends a short frame, masked with zeros, since its bytes are not secret. If it does not fit into the socket's buffer, it is dropped: nothing depends on
    /// it.
    /// </summary>
    private void Send(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        Span<byte> frame = stackalloc byte[6 + payload.Length];
        frame.Clear();
        frame[0] = (byte)(0x80 | (byte)opcode);
        frame[1] = (byte)(0x80 | payload.Length);
        payload.CopyTo(frame[6..]);
        try
        {
            _socket.Send(frame, SocketFlags.None, out _);
        }
        catch (ObjectDisposedException) when (_isDisposed)
        {
            // The run has ended.
        }
    }
}
