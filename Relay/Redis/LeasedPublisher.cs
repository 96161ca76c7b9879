using System.Security.Cryptography;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Publishes events that only one instance at a time may publish. The events and the checkpoint behind them are sent in one <c>MULTI</c> that Redis executes
/// only while this instance holds the lease and the checkpoint is the one it continued from. Therefore an instance that was paused, or whose connection broke
/// at the worst moment, neither repeats nor skips an event. For one caller at a time. Throws nothing but a cancellation.
/// </summary>
/// <remarks>
/// When the outcome of <see cref="PublishAsync"/> is unknown, <see cref="LoadAsync"/> finds it out. If the bytes of the old attempt reach Redis after that,
/// either the old attempt fails, because the checkpoint has changed, or it makes the next attempt fail.
/// </remarks>
internal sealed class LeasedPublisher : IAsyncDisposable
{
    /// <summary>Duration of the lease: another instance follows one that has crashed after this time at the latest.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(5);

    /// <summary>Deadline for releasing the lease, while the process is expected to end.</summary>
    private static readonly TimeSpan ReleaseDeadline = TimeSpan.FromSeconds(1);

    /// <summary>Maximum number of attempts. A transaction whose conditions hold fails only when Redis is slow to answer.</summary>
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

    /// <param name="url">The URL of Redis.</param>
    /// <param name="options">The names of the channel and the stream.</param>
    /// <param name="keys">The prefix of the keys of lease and checkpoint.</param>
    /// <param name="name">The prefix of each <c>source</c>, without white space.</param>
    /// <param name="instance">The name of the lease's holder, for diagnosis.</param>
    /// <param name="time">The clock for deadlines.</param>
    /// <param name="deadline">The deadline for connecting, and for each answer; null means 1 s and 2 s.</param>
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

    /// <summary>Why the last publication is not in the stream although it was published; null when it is, or there is no stream.</summary>
    public string? StreamFault { get; private set; }

    // In a cluster both are in the slot of the channel. Evaluated while a command is created, when the connection has determined the slot.
    private RedisKey LeaseKey => $"{_keys}{_connection.KeyTag}:lease";

    private RedisKey PositionKey => $"{_keys}{_connection.KeyTag}:position";

    /// <summary>Acquires the lease. Returns true if this instance holds it, from now on or still.</summary>
    public async Task<RedisReply<bool>> TryLeadAsync(CancellationToken cancellationToken)
    {
        RedisReply<bool> taken = await _connection.AskAsync(
            database => database.StringSetAsync(LeaseKey, _token, Life, When.NotExists),
            _answerDeadline,
            cancellationToken);
        // This instance may hold it since before its connection broke.
        return taken is { IsDone: true, Value: false } ? await RenewAsync(cancellationToken) : taken;
    }

    /// <summary>Extends the lease. Returns false if this instance no longer holds it.</summary>
    public Task<RedisReply<bool>> RenewAsync(CancellationToken cancellationToken) =>
        CommitAsync(held => _ = held.KeyExpireAsync(LeaseKey, Life), from: null, cancellationToken);

    /// <summary>
    /// Releases the lease, if this instance holds it, so that another one need not wait for its end. Takes at most a second and does not fail.
    /// </summary>
    public async Task ReleaseAsync()
    {
        using var enough = new CancellationTokenSource(ReleaseDeadline, _time);
        try
        {
            await CommitAsync(held => _ = held.KeyDeleteAsync(LeaseKey), from: null, enough.Token);
        }
        catch (OperationCanceledException)
        {
            // The lease expires by itself.
        }
    }

    /// <summary>
    /// Loads the checkpoint at which the last holder stopped. If Redis has none (it is new, or has lost its data), a new one with an empty cursor is created.
    /// The value is null when this instance no longer holds the lease.
    /// </summary>
    public async Task<RedisReply<LeaseCheckpoint?>> LoadAsync(CancellationToken cancellationToken)
    {
        if (_stream is { } stream && !_streamProven)
        {
            RedisReply<RedisResult> probe = await RedisPublisher.ProbeAsync(_connection, stream, cancellationToken);
            if (_connection.FindStreamFault(stream.Key) is { } elsewhere) return new RedisReply<LeaseCheckpoint?>(RedisOutcome.Refused, null, elsewhere);
            if (probe.Outcome == RedisOutcome.Unsupported)
            {
                return new RedisReply<LeaseCheckpoint?>(RedisOutcome.Unsupported, null, RedisPublisher.NoStreams(stream, probe.Reason));
            }

            _streamProven = probe.Outcome != RedisOutcome.Unreachable;
        }

        RedisReply<RedisValue> found = await _connection.AskAsync(database => database.StringGetAsync(PositionKey), _answerDeadline, cancellationToken);
        if (!found.IsDone) return found.As<LeaseCheckpoint?>();
        LeaseCheckpoint? position = null;
        if (!found.Value.IsNull && !LeaseCheckpoint.TryParse(found.Value!, out position))
            return new RedisReply<LeaseCheckpoint?>(RedisOutcome.WrongType, null, $"the key {(string?)PositionKey} holds something else than a position");

        // A replica that was promoted may lack the newest publications, whose numbers must not be used again.
        bool isBehind = position is not null && position.Source == _newest?.Source && position.Seq < _newest.Seq;
        if (position is not null && !isBehind) return RedisReply.Done<LeaseCheckpoint?>(position);
        var created = new LeaseCheckpoint($"{_name}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}", 0, position?.Cursor ?? "");
        RedisReply<bool> written = await CommitAsync(held => _ = held.StringSetAsync(PositionKey, created.ToString()), found.Value, cancellationToken);
        return written.IsDone ? RedisReply.Done(written.Value ? created : null) : written.As<LeaseCheckpoint?>();
    }

    /// <summary>
    /// Publishes the payloads in order, all or none of them, moves the checkpoint <paramref name="from"/> the one that was loaded or published last
    /// <paramref name="to"/> the one behind them, and extends the lease. Returns false if another instance leads or the checkpoint is a different one.
    /// </summary>
    public async Task<RedisReply<bool>> PublishAsync(
        LeaseCheckpoint from,
        LeaseCheckpoint to,
        IReadOnlyList<byte[]> payloads,
        CancellationToken cancellationToken)
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
        // A command that fails while EXEC runs does not undo the others.
        StreamFault = appended.Select(one => one.Exception?.InnerException).FirstOrDefault(fault => fault is not null) is { } failure
            ? RedisClient.Describe(failure)
            : null;
        return reply;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Executes the commands if this instance holds the lease and, where one is given, the checkpoint (or its absence) is unchanged.</summary>
    /// <param name="queue">Adds the commands; called once for each attempt.</param>
    /// <param name="from">The expected checkpoint; null when it does not matter.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    private async Task<RedisReply<bool>> CommitAsync(Action<ITransaction> queue, RedisValue? from, CancellationToken cancellationToken)
    {
        RedisReply<bool> reply = default;
        for (int attempt = 0; attempt < CommitAttempts; attempt++)
        {
            reply = await TryCommitAsync(queue, from, cancellationToken);
            if (reply is not { IsDone: true, Value: false }) return reply;
            // The library returns the same result when it did not find out in time whether the conditions hold. Then nothing was executed, and they still
            // hold.
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
            // Null means that there must be none.
            if (from is { } position) held.AddCondition(position.IsNull ? Condition.KeyNotExists(PositionKey) : Condition.StringEqual(PositionKey, position));
            queue(held);
            return held.ExecuteAsync();
        },
        _answerDeadline,
        cancellationToken);

    /// <summary>Returns true if this instance holds the lease and the checkpoint is unchanged.</summary>
    private Task<RedisReply<bool>> HoldsAsync(RedisValue? from, CancellationToken cancellationToken) => _connection.AskAsync(
        async database =>
        {
            if (await database.StringGetAsync(LeaseKey) != _token) return false;
            return from is not { } expected || await database.StringGetAsync(PositionKey) == expected;
        },
        _answerDeadline,
        cancellationToken);
}
