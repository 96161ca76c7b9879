using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// A WebSocket client that costs little: a socket, a small buffer and a scanner. It reads when the kernel says that there is something, on the one
/// thread that waits for all sockets, counts, and answers pings.
/// </summary>
internal sealed class LoadClient : IDisposable
{
    /// <summary>One event of usual size fits, so that a quiet client takes one read for each, and 10,000 clients hold 20 MB.</summary>
    public const int OwnBufferBytes = 2048;

    private const int SharedBufferBytes = 128 * 1024;
    private const int MaxResponseBytes = 16 * 1024;
    private static readonly TimeSpan HandshakeDeadline = TimeSpan.FromSeconds(20);

    // What a busy client's own buffer had no room for. One for all on a thread: it stays in the processor's cache.
    [ThreadStatic]
    private static byte[]? _shared;

    private readonly Socket _socket;
    private readonly Deliveries _deliveries;
    private readonly SocketAsyncEventArgs _receive = new();
    private readonly FrameScanner _scanner = new();
    private bool _pongDue;
    private volatile bool _ended;

    private LoadClient(Socket socket, int number, LoadPlan plan, Deliveries deliveries)
    {
        _socket = socket;
        _deliveries = deliveries;
        IsSlow = plan.IsSlow(number);
        Task = plan.TaskOf(number);
        Check = plan.CheckFor(number);
        _receive.Completed += (_, _) => ReadOn();
    }

    /// <summary>It never reads.</summary>
    public bool IsSlow { get; }

    public int Task { get; }

    /// <summary>Under <see cref="Deliveries.Gate"/>.</summary>
    public DeliveryCheck Check { get; }

    /// <summary>It got a probe. Under <see cref="Deliveries.Gate"/>.</summary>
    public bool IsReady { get; set; }

    /// <summary>Why the connection ended; null while it stands. Under <see cref="Deliveries.Gate"/>.</summary>
    public string? Ended { get; private set; }

    /// <summary>Connects and upgrades, blocking. It does not read yet.</summary>
    /// <exception cref="BenchException">The relay did not take it.</exception>
    public static LoadClient Open(EndPoint relay, int number, LoadPlan plan, Deliveries deliveries, Memory<byte> buffer)
    {
        var socket = new Socket(relay.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            var client = new LoadClient(socket, number, plan, deliveries);
            // A client that never reads is to be noticed after kilobytes, not after the megabytes that the kernel would take for it.
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

    /// <summary>Reads from now on, until the connection ends.</summary>
    public void Start()
    {
        if (!IsSlow) Receive();
    }

    /// <summary>Says goodbye, so that the relay ends the connection.</summary>
    public void Close()
    {
        Span<byte> payload = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(payload, 1000);
        Send(Opcode.Close, payload);
    }

    public void Dispose()
    {
        _ended = true;
        // Reset instead of an orderly end: 10,000 ports would otherwise be unusable for a minute.
        if (_socket.Connected) _socket.LingerState = new LingerOption(enable: true, 0);
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
            throw new BenchException($"{plan.Relay} did not make a WebSocket of client {number + 1}: {(answer.Length > 0 ? answer : "it closed the connection")}");
        }
    }

    private static string Describe(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused. Is the relay running there?",
        SocketError.TimedOut or SocketError.WouldBlock => "no answer in time.",
        SocketError.TooManyOpenSockets => "this process may not open more files (see ulimit -n).",
        SocketError.AddressNotAvailable or SocketError.AddressAlreadyInUse => "no port is left on this machine; a minute after another run there will be.",
        _ => failure.Message,
    };

    private void Receive()
    {
        try
        {
            if (!_socket.ReceiveAsync(_receive)) ReadOn();
        }
        catch (ObjectDisposedException) when (_ended)
        {
            // The run is over.
        }
    }

    private void ReadOn()
    {
        try
        {
            do
            {
                if (_ended) return;
                if (_receive.SocketError != SocketError.Success || _receive.BytesTransferred == 0)
                {
                    End(_receive.SocketError == SocketError.Success ? "the relay ended the connection" : $"the connection broke ({_receive.SocketError})");
                    return;
                }

                if (!Scan(_receive.MemoryBuffer.Span[.._receive.BytesTransferred])) return;
                if (_receive.BytesTransferred == OwnBufferBytes && !ReadRest()) return;
            }
            while (!_socket.ReceiveAsync(_receive));
        }
        catch (ObjectDisposedException) when (_ended)
        {
            // The run is over.
        }
    }

    /// <summary>Empties a socket that had more than the own buffer takes. False when the connection has ended.</summary>
    private bool ReadRest()
    {
        byte[] shared = _shared ??= GC.AllocateUninitializedArray<byte>(SharedBufferBytes, pinned: true);
        int read = _socket.Receive(shared, SocketFlags.None, out SocketError error);
        // An end or an error shows again in the next read, which deals with it.
        return error != SocketError.Success || read == 0 || Scan(shared.AsSpan(0, read));
    }

    private bool Scan(ReadOnlySpan<byte> input)
    {
        long now = Stopwatch.GetTimestamp();
        bool open;
        lock (_deliveries.Gate)
        {
            open = Take(input, now);
            _deliveries.WakePublisher();
        }

        if (_pongDue) Send(Opcode.Pong, []);
        _pongDue = false;
        return open;
    }

    private bool Take(ReadOnlySpan<byte> input, long now)
    {
        while (true)
        {
            switch (_scanner.Read(ref input, out ReadOnlySpan<byte> payload))
            {
                case Scanned.Nothing:
                    return true;
                case Scanned.Message:
                    _deliveries.Take(this, payload, now);
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

    private void End(string why)
    {
        lock (_deliveries.Gate)
        {
            if (Ended is not null) return;
            Ended = why;
            _deliveries.Remove(this);
            _deliveries.WakePublisher();
        }
    }

    /// <summary>Sends a short frame, masked with zeros as its bytes are no secret. What does not fit into the socket is not sent: nothing depends on it.</summary>
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
        catch (ObjectDisposedException) when (_ended)
        {
            // The run is over.
        }
    }
}
