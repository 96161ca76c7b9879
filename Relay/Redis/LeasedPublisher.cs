using System.Security.Cryptography;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Publishes what one instance at a time may publish. Events and the position behind them go out in one <c>MULTI</c> that Redis carries out only while the
/// lease is ours and the position is the one that we went on from: so an instance that was stopped, or whose connection broke at the worst moment, neither
/// repeats nor skips anything, whatever it believes. For one caller at a time; nothing but a cancellation is thrown.
/// </summary>
/// <remarks>
/// Where the outcome of <see cref="PublishAsync"/> is not known, <see cref="LoadAsync"/> tells it. Should the bytes of the old attempt reach Redis after
/// that, it fails, as the position is another one then, or makes the next attempt fail.
/// </remarks>
internal sealed class LeasedPublisher : IAsyncDisposable
{
    /// <summary>An instance that is gone without a word is followed after so long at the latest.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(5);

    /// <summary>For giving up the lease when the process is waited for.</summary>
    private static readonly TimeSpan ReleaseDeadline = TimeSpan.FromSeconds(1);

    /// <summary>A transaction whose conditions hold fails only where Redis is slow to answer.</summary>
    private const int CommitAttempts = 3;

    private readonly RedisConnection _connection;
    private readonly TimeSpan _answerDeadline;
    private readonly TimeProvider _time;
    private readonly PublishedStream? _stream;
    private readonly RedisChannel _channel;
    private readonly string _keys;
    private readonly string _name;
    private readonly string _token;
    private LeaseCheckpoint? _newest;
    private bool _streamProven;

    /// <param name="url">Which Redis.</param>
    /// <param name="options">Names the channel and the stream.</param>
    /// <param name="keys">What the keys of lease and position begin with.</param>
    /// <param name="name">What each <c>source</c> begins with; no white space.</param>
    /// <param name="instance">Who holds the lease, for whoever looks at it.</param>
    /// <param name="time">For deadlines.</param>
    /// <param name="deadline">For connecting, and for each answer; null: 1 s and 2 s.</param>
    public LeasedPublisher(RedisUrl url, RedisOptions options, string keys, string name, string instance, TimeProvider time, TimeSpan? deadline = null)
    {
        _answerDeadline = deadline ?? TimeSpan.FromSeconds(2);
        _connection = new RedisConnection(url, deadline ?? TimeSpan.FromSeconds(1), time);
        _time = time;
        _stream = options.StreamKey.Length == 0 ? null : new PublishedStream(options.StreamKey);
        _channel = new RedisChannel(options.EventsChannel, RedisChannel.PatternMode.Literal);
        _keys = keys;
        _name = name;
        _token = $"{instance}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
    }

    /// <summary>Why the last publication is not in the stream, though published; null when it is, or there is no stream.</summary>
    public string? StreamFault { get; private set; }

    // In a cluster both are in the slot of the channel. Read while a command is made, when the connection knows.
    private RedisKey LeaseKey => $"{_keys}{_connection.KeyTag}:lease";

    private RedisKey PositionKey => $"{_keys}{_connection.KeyTag}:position";

    /// <summary>True when the lease is ours, now or still.</summary>
    public async Task<RedisReply<bool>> TryLeadAsync(CancellationToken cancellationToken)
    {
        RedisReply<bool> taken = await _connection.AskAsync(database => database.StringSetAsync(LeaseKey, _token, Life, When.NotExists), _answerDeadline, cancellationToken);
        // It may be ours from before our connection broke.
        return taken is { IsDone: true, Value: false } ? await RenewAsync(cancellationToken) : taken;
    }

    /// <summary>False when the lease is not ours any more.</summary>
    public Task<RedisReply<bool>> RenewAsync(CancellationToken cancellationToken) => CommitAsync(held => _ = held.KeyExpireAsync(LeaseKey, Life), from: null, cancellationToken);

    /// <summary>Gives the lease up, if it is ours, so that another need not wait for its end. Takes a second at most, and never fails.</summary>
    public async Task ReleaseAsync()
    {
        using var enough = new CancellationTokenSource(ReleaseDeadline, _time);
        try
        {
            await CommitAsync(held => _ = held.KeyDeleteAsync(LeaseKey), from: null, enough.Token);
        }
        catch (OperationCanceledException)
        {
            // It ends by itself.
        }
    }

    /// <summary>
    /// Where the last one stopped. Where Redis has none (it is new, or has lost its memory) a new one begins, with an empty mark: the value is null when the
    /// lease is not ours any more.
    /// </summary>
    public async Task<RedisReply<LeaseCheckpoint?>> LoadAsync(CancellationToken cancellationToken)
    {
        if (_stream is { } stream && !_streamProven)
        {
            RedisReply<RedisResult> probe = await RedisPublisher.ProbeAsync(_connection, stream, cancellationToken);
            if (_connection.FindStreamFault(stream.Key) is { } elsewhere) return new RedisReply<LeaseCheckpoint?>(RedisOutcome.Refused, null, elsewhere);
            if (probe.Outcome == RedisOutcome.Unsupported) return new RedisReply<LeaseCheckpoint?>(RedisOutcome.Unsupported, null, RedisPublisher.NoStreams(stream, probe.Reason));
            _streamProven = probe.Outcome != RedisOutcome.Unreachable;
        }

        RedisReply<RedisValue> found = await _connection.AskAsync(database => database.StringGetAsync(PositionKey), _answerDeadline, cancellationToken);
        if (!found.IsDone) return found.As<LeaseCheckpoint?>();
        LeaseCheckpoint? position = null;
        if (!found.Value.IsNull && !LeaseCheckpoint.TryParse(found.Value!, out position))
            return new RedisReply<LeaseCheckpoint?>(RedisOutcome.WrongType, null, $"the key {(string?)PositionKey} holds something else than a position");

        // A replica that took over may lack the newest publications; their numbers are not to be used again.
        bool isBehind = position is not null && position.Source == _newest?.Source && position.Seq < _newest.Seq;
        if (position is not null && !isBehind) return RedisReply.Done<LeaseCheckpoint?>(position);
        var begun = new LeaseCheckpoint($"{_name}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}", 0, position?.Cursor ?? "");
        RedisReply<bool> written = await CommitAsync(held => _ = held.StringSetAsync(PositionKey, begun.ToString()), found.Value, cancellationToken);
        return written.IsDone ? RedisReply.Done(written.Value ? begun : null) : written.As<LeaseCheckpoint?>();
    }

    /// <summary>
    /// Publishes the payloads in their order, none of them or all, and moves the position <paramref name="from"/> the one that was loaded or published last
    /// <paramref name="to"/> the one behind them; lengthens the lease. False: another instance leads, or the position is another one.
    /// </summary>
    public async Task<RedisReply<bool>> PublishAsync(LeaseCheckpoint from, LeaseCheckpoint to, IReadOnlyList<byte[]> payloads, CancellationToken cancellationToken)
    {
        var appended = new List<Task>();
        RedisReply<bool> reply = await CommitAsync(
            held =>
            {
                appended.Clear();
                foreach (byte[] payload in payloads)
                {
                    if (_stream is { } stream) appended.Add(RedisPublisher.AppendAsync(held, stream, payload));
                    _ = held.PublishAsync(_channel, payload);
                }

                _ = held.StringSetAsync(PositionKey, to.ToString());
                _ = held.KeyExpireAsync(LeaseKey, Life);
            },
            from.ToString(),
            cancellationToken);
        if (reply is not { IsDone: true, Value: true }) return reply;
        _newest = to;
        // A command that fails while EXEC runs does not take the others back.
        StreamFault = appended.Select(one => one.Exception?.InnerException).FirstOrDefault(fault => fault is not null) is { } failure ? RedisClient.Describe(failure) : null;
        return reply;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Carries out the commands if the lease is ours and, where one is given, the position (or that there is none) is as it was.</summary>
    /// <param name="queue">Adds the commands; called once for each attempt.</param>
    /// <param name="from">The position; null: it does not matter.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async Task<RedisReply<bool>> CommitAsync(Action<ITransaction> queue, RedisValue? from, CancellationToken cancellationToken)
    {
        RedisReply<bool> reply = default;
        for (int attempt = 0; attempt < CommitAttempts; attempt++)
        {
            reply = await TryCommitAsync(queue, from, cancellationToken);
            if (reply is not { IsDone: true, Value: false }) return reply;
            // The library gives the same answer when it did not learn in time whether the conditions hold. Then nothing was carried out, and they still hold.
            RedisReply<bool> holds = await HoldsAsync(from, cancellationToken);
            if (!holds.IsDone) return holds;
            if (!holds.Value) return reply;
        }

        return new RedisReply<bool>(RedisOutcome.Unreachable, false, "Redis did not answer in time whether the lease is ours");
    }

    private Task<RedisReply<bool>> TryCommitAsync(Action<ITransaction> queue, RedisValue? from, CancellationToken cancellationToken) => _connection.AskAsync(
        database =>
        {
            ITransaction held = database.CreateTransaction();
            held.AddCondition(Condition.StringEqual(LeaseKey, _token));
            // Null: there must be none.
            if (from is { } position) held.AddCondition(position.IsNull ? Condition.KeyNotExists(PositionKey) : Condition.StringEqual(PositionKey, position));
            queue(held);
            return held.ExecuteAsync();
        },
        _answerDeadline,
        cancellationToken);

    /// <summary>True when the lease is ours and the position as it was.</summary>
    private Task<RedisReply<bool>> HoldsAsync(RedisValue? from, CancellationToken cancellationToken) => _connection.AskAsync(
        async database =>
        {
            if (await database.StringGetAsync(LeaseKey) != _token) return false;
            return from is not { } expected || await database.StringGetAsync(PositionKey) == expected;
        },
        _answerDeadline,
        cancellationToken);
}
