using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// Publishes without waiting for the replies, which a separate thread reads. The relay's own publisher awaits each reply, and would be the bottleneck.
/// One thread may add and flush.
/// </summary>
internal sealed class EventPublisher : IDisposable
{
    private const int BatchBytes = 64 * 1024;
    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromSeconds(5);

    private readonly Stream _stream;
    private readonly StampedEvent _events;
    private readonly byte[] _head;
    private readonly byte[] _batch;
    private readonly string _name;
    private int _batched;
    private volatile string? _refusal;
    private volatile bool _isDisposed;

    private EventPublisher(Stream stream, LoadPlan plan, StampedEvent events)
    {
        _stream = stream;
        _events = events;
        _name = plan.Redis.Masked;
        _head = Encoding.UTF8.GetBytes($"*3\r\n$7\r\nPUBLISH\r\n${Encoding.UTF8.GetByteCount(plan.Channel)}\r\n{plan.Channel}\r\n${events.Bytes}\r\n");
        _batch = new byte[Math.Max(BatchBytes, MessageBytes)];
        new Thread(ReadReplies) { IsBackground = true, Name = "redis replies" }.Start();
    }

    private int MessageBytes => _head.Length + _events.Bytes + 2;

    /// <exception cref="BenchException">Redis is unreachable or refuses the connection.</exception>
    public static async Task<EventPublisher> ConnectAsync(LoadPlan plan, StampedEvent events, CancellationToken cancellationToken)
    {
        RedisAnswer answer = await RedisPreflight.FindAsync(plan.Redis, ConnectDeadline, TimeProvider.System, cancellationToken);
        if (answer.Kind != RedisAnswerKind.Pong) throw new BenchException($"Cannot publish to Redis: {answer.Reason}. Set the relay's Redis with --redis.");

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            socket.Connect(answer.Host);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (plan.Redis.Tls)
            {
                var secure = new SslStream(stream);
                stream = secure;
                secure.AuthenticateAsClient(RedisUrl.HostOf(answer.Host));
            }

            if (plan.Redis.Password is { } password) LogIn(stream, plan.Redis.User, password);
            return new EventPublisher(stream, plan, events);
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            if (stream is null) socket.Dispose();
            else await stream.DisposeAsync();
            throw new BenchException($"Cannot publish to Redis: {plan.Redis.Clean($"{plan.Redis.Masked}: {failure.Message}")}");
        }
    }

    /// <summary>Adds an event to the batch, which is sent by <see cref="Flush"/>, or earlier if it is full.</summary>
    public void Add(long number, int task, long due, long unixMs)
    {
        if (_batched + MessageBytes > _batch.Length) Flush();
        _head.CopyTo(_batch.AsSpan(_batched));
        _events.Write(number, task, due, unixMs, _batch.AsSpan(_batched + _head.Length, _events.Bytes));
        _batched += MessageBytes;
        _batch[_batched - 2] = (byte)'\r';
        _batch[_batched - 1] = (byte)'\n';
    }

    /// <summary>Sends the batch.</summary>
    /// <exception cref="BenchException">Redis refused an event, or the connection has ended.</exception>
    public void Flush()
    {
        if (_refusal is { } refusal) throw new BenchException($"Redis at {_name} {refusal}");
        if (_batched == 0) return;
        try
        {
            _stream.Write(_batch, 0, _batched);
            _batched = 0;
        }
        catch (IOException failure)
        {
            throw new BenchException($"Redis at {_name} closed the connection: {failure.Message}");
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        _stream.Dispose();
    }

    private static void LogIn(Stream stream, string? user, string password)
    {
        string[] words = user is null ? ["AUTH", password] : ["AUTH", user, password];
        string texts = string.Concat(words.Select(word => $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n"));
        stream.Write(Encoding.UTF8.GetBytes($"*{words.Length}\r\n{texts}"));
        // The reply is +OK, since the preflight has just authenticated with the same password.
        while (stream.ReadByte() is not ('\n' or -1))
        {
        }
    }

    /// <summary>Reads the replies. Each is one line: a colon and the number of subscribers, or a minus sign and an error.</summary>
    private void ReadReplies()
    {
        byte[] buffer = new byte[16 * 1024];
        bool lineBegins = true;
        try
        {
            while (true)
            {
                int read = _stream.Read(buffer);
                if (read == 0) break;
                ReadOnlySpan<byte> replies = buffer.AsSpan(0, read);
                int error = lineBegins && replies[0] == '-' ? 0 : replies.IndexOf("\n-"u8);
                if (error >= 0) _refusal = $"refused an event: {Encoding.UTF8.GetString(replies[error..]).Trim().Split('\n')[0].Trim('-', '\r')}";
                lineBegins = replies[^1] == '\n';
            }

            if (!_isDisposed) _refusal ??= "closed the connection";
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            if (!_isDisposed) _refusal ??= $"closed the connection: {failure.Message}";
        }
    }
}
