using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// Publishes without waiting for the answers, which a thread of its own reads. The relay's own publisher awaits each, and would be what is measured.
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
    private long _answers;
    private volatile string? _refusal;
    private volatile bool _ended;

    private EventPublisher(Stream stream, LoadPlan plan, StampedEvent events)
    {
        _stream = stream;
        _events = events;
        _name = plan.Redis.Masked;
        _head = Encoding.UTF8.GetBytes($"*3\r\n$7\r\nPUBLISH\r\n${Encoding.UTF8.GetByteCount(plan.Channel)}\r\n{plan.Channel}\r\n${events.Bytes}\r\n");
        _batch = new byte[Math.Max(BatchBytes, MessageBytes)];
        new Thread(ReadAnswers) { IsBackground = true, Name = "redis answers" }.Start();
    }

    /// <summary>Events that Redis has answered. Any thread.</summary>
    public long Answers => Volatile.Read(ref _answers);

    private int MessageBytes => _head.Length + _events.Bytes + 2;

    /// <exception cref="BenchException">Redis does not serve us.</exception>
    public static async Task<EventPublisher> ConnectAsync(LoadPlan plan, StampedEvent events, CancellationToken cancellationToken)
    {
        RedisAnswer answer = await RedisPreflight.FindAsync(plan.Redis, ConnectDeadline, TimeProvider.System, cancellationToken);
        if (answer.Kind != RedisAnswerKind.Pong) throw new BenchException($"No Redis to publish through: {answer.Reason}. Name the relay's Redis with --redis.");

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

            if (plan.Redis.Password is { } password) LogIn(stream, password);
            return new EventPublisher(stream, plan, events);
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            if (stream is null) socket.Dispose();
            else await stream.DisposeAsync();
            throw new BenchException($"No Redis to publish through: {plan.Redis.Clean($"{plan.Redis.Masked}: {failure.Message}")}");
        }
    }

    /// <summary>Adds an event; it goes out with <see cref="Flush"/>, or before when there is no room for it.</summary>
    public void Add(long number, int task, long due, long unixMs)
    {
        if (_batched + MessageBytes > _batch.Length) Flush();
        _head.CopyTo(_batch.AsSpan(_batched));
        _events.Write(number, task, due, unixMs, _batch.AsSpan(_batched + _head.Length, _events.Bytes));
        _batched += MessageBytes;
        _batch[_batched - 2] = (byte)'\r';
        _batch[_batched - 1] = (byte)'\n';
    }

    /// <exception cref="BenchException">Redis refused something, or is gone.</exception>
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
            throw new BenchException($"Redis at {_name} ended the connection: {failure.Message}");
        }
    }

    public void Dispose()
    {
        _ended = true;
        _stream.Dispose();
    }

    private static void LogIn(Stream stream, string password)
    {
        byte[] secret = Encoding.UTF8.GetBytes(password);
        stream.Write([.. Encoding.ASCII.GetBytes($"*2\r\n$4\r\nAUTH\r\n${secret.Length}\r\n"), .. secret, .. "\r\n"u8]);
        // The answer is +OK, since the greeting has just logged in with the same password.
        while (stream.ReadByte() is not ('\n' or -1))
        {
        }
    }

    /// <summary>Each answer is one line: a colon and the number of subscribers, or a minus sign and what is wrong.</summary>
    private void ReadAnswers()
    {
        byte[] buffer = new byte[16 * 1024];
        bool lineBegins = true;
        try
        {
            while (true)
            {
                int read = _stream.Read(buffer);
                if (read == 0) break;
                ReadOnlySpan<byte> answers = buffer.AsSpan(0, read);
                Volatile.Write(ref _answers, _answers + answers.Count((byte)'\n'));
                int error = lineBegins && answers[0] == '-' ? 0 : answers.IndexOf("\n-"u8);
                if (error >= 0) _refusal = $"refused an event: {Encoding.UTF8.GetString(answers[error..]).Trim().Split('\n')[0].Trim('-', '\r')}";
                lineBegins = answers[^1] == '\n';
            }

            if (!_ended) _refusal ??= "ended the connection";
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            if (!_ended) _refusal ??= $"ended the connection: {failure.Message}";
        }
    }
}
