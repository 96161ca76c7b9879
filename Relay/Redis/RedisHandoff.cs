using System.Buffers.Binary;
using System.Globalization;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Carries state and history from one instance to another as bytes that only those two understand. A starting instance requests, and one of the ready
/// ones leads, answers; or, with nobody alive, what the last one kept is there. On two connections of its own, one of them for the pieces, so that a large
/// blob holds up no probe of the link and no command. Any thread may call; nothing but a cancellation is thrown.
/// </summary>
/// <remarks>
/// <para>
/// Bytes lie in Redis in pieces below 1 MiB, <c>handoff:NONCE:1</c> and so on, of which the last names the count: none holds up Redis or a slow path for long,
/// the reader takes the first while the writer sends the next, and each has a deadline of its own. What is kept is such a run too, with a nonce of its own
/// that <c>handoff:kept</c> names once all of it is there.
/// </para>
/// The request is published to the ready instances and, as a cut, to the requester itself, at one point of Redis' order. So what the answering instance
/// received before the request, and what the requester receives after the cut, are together everything, and nothing twice. That is so if at both ends no
/// swap of the link lies between: <see cref="RedisLink.Swaps"/> is the same, and the state Subscribed, before the request and at the cut.
/// </remarks>
internal sealed class RedisHandoff : IAsyncDisposable
{
    /// <summary>For how long nobody else leads: longer than any requester waits for the first piece.</summary>
    private static readonly TimeSpan LeadLife = TimeSpan.FromSeconds(20);

    /// <summary>How long pieces of an answer lie there at least, if their reader does not delete them.</summary>
    private static readonly TimeSpan PieceLife = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan DefaultConnectDeadline = TimeSpan.FromSeconds(1);

    /// <summary>How much longer pieces live than the key that names them.</summary>
    private static readonly TimeSpan KeptMargin = TimeSpan.FromSeconds(30);

    /// <summary>Slowest path to Redis over which a handoff passes, in bytes a second: deadlines and lives grow with the size by this.</summary>
    private const int SlowestBytesPerSecond = 32 * 1024;

    /// <summary>For a piece of the largest size.</summary>
    private static readonly TimeSpan PieceDeadline = TimeSpan.FromSeconds(5 + (PieceWriter.PieceBytes / SlowestBytesPerSecond));

    /// <summary>Asking costs Redis a microsecond; being told would need a message that may be lost.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Most by which deadlines for commands grow on a machine that has no time.</summary>
    private const int MaxAnswerWait = 8;

    /// <summary>How often a kept copy is looked for again that another instance replaces while it is read.</summary>
    private const int KeptAttempts = 3;

    /// <summary>Longest text of the key that names the pieces.</summary>
    private const int MaxNameBytes = 64;

    private readonly RedisConnection _connection;
    private readonly RedisConnection _pieces;
    private readonly TimeProvider _time;
    private readonly long _maxBlobBytes;
    private readonly RedisChannel _requests;
    private readonly RedisChannel _own;
    private readonly string _keys;

    /// <summary>For the answer to one command. Default 1 s.</summary>
    public TimeSpan CommandDeadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <param name="url">Which Redis.</param>
    /// <param name="options">Names the channels and keys.</param>
    /// <param name="instance">As the link's: its probe channel is where the cut goes.</param>
    /// <param name="maxBlobBytes">Larger blobs are neither written nor read.</param>
    /// <param name="time">For deadlines.</param>
    /// <param name="connectDeadline">For finding a host that answers, and again for connecting to it; null: 1 s.</param>
    public RedisHandoff(RedisUrl url, RedisOptions options, string instance, long maxBlobBytes, TimeProvider time, TimeSpan? connectDeadline = null)
    {
        _connection = new RedisConnection(url, connectDeadline ?? DefaultConnectDeadline, time, MaxAnswerWait);
        _pieces = new RedisConnection(url, connectDeadline ?? DefaultConnectDeadline, time, MaxAnswerWait);
        _time = time;
        _maxBlobBytes = maxBlobBytes;
        _requests = new RedisChannel(options.HandoffChannel, RedisChannel.PatternMode.Literal);
        _own = new RedisChannel(options.ProbeChannel(instance), RedisChannel.PatternMode.Literal);
        _keys = options.HandoffChannel;
    }

    /// <summary>
    /// Asks for a handoff; the answer is the number of instances that heard it (this one too, if it hears requests). <see cref="RedisCallbacks.BarrierArrived"/> gets
    /// the nonce, perhaps before this returns. A fresh nonce for each request.
    /// </summary>
    public async Task<RedisReply<long>> RequestAsync(Guid nonce, CancellationToken cancellationToken)
    {
        RedisReply<(long Siblings, long Own)> reply = await _connection.AskAsync(
            async database =>
            {
                ITransaction both = database.CreateTransaction();
                Task slot = _connection.IsCluster ? both.KeyExistsAsync(Key(_connection, "kept")) : Task.CompletedTask;
                Task<long> siblings = both.PublishAsync(_requests, HandoffBarrier.WriteRequest(nonce));
                Task<long> own = both.PublishAsync(_own, HandoffBarrier.WriteBarrier(nonce));
                await Task.WhenAll(both.ExecuteAsync(), slot, siblings, own);
                return (await siblings, await own);
            },
            CommandDeadline,
            cancellationToken);
        if (!reply.IsDone) return reply.As<long>();
        if (reply.Value.Own > 0) return RedisReply.Done(reply.Value.Siblings);
        // The link may be subscribed at another server.
        _connection.Reset();
        return new RedisReply<long>(RedisOutcome.NotReceived, 0, $"the channel {(string?)_own} is not subscribed, so no cut will come");
    }

    /// <summary>True for one of the instances that heard a request: it is to answer. To be asked before the blob is made.</summary>
    public async Task<RedisReply<bool>> TryLeadAsync(Guid nonce, CancellationToken cancellationToken)
    {
        RedisReply<bool> there = await _connection.AskAsync(database => _connection.IsCluster ? IsLinkThereAsync(database) : Task.FromResult(true), CommandDeadline, cancellationToken);
        return there is { IsDone: true, Value: true } ? await TryTakeAsync($"{nonce:N}:lease", LeadLife, cancellationToken) : there;
    }

    /// <summary>Puts the blob where the requester waits for it. The blob stays the caller's, and must not change until this returns.</summary>
    public Task<RedisReply<bool>> AnswerAsync(Guid nonce, PieceWriter blob, CancellationToken cancellationToken) =>
        WriteAsync(nonce, blob, PieceLife + TimeSpan.FromSeconds(blob.Length / SlowestBytesPerSecond), cancellationToken);

    /// <summary>
    /// The pieces of the answer; null when the first has not come before <paramref name="deadline"/>. Each further piece has a deadline of its own. A Redis
    /// that is away is asked again until then; any other trouble ends the waiting.
    /// </summary>
    public async Task<RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?>> WaitAsync(Guid nonce, TimeSpan deadline, CancellationToken cancellationToken)
    {
        RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> reply = await ReadAsync(nonce, deadline, cancellationToken);
        if (reply.Value is { } pieces)
        {
            // Nobody else wants them, and Redis may need the room. Where that fails they go by themselves.
            await DeleteAsync(nonce, pieces.Count, cancellationToken);
            return reply;
        }

        if (!reply.IsDone) return reply;
        // The version before answered in one piece.
        RedisReply<long> inOne = await _connection.AskAsync(database => database.StringLengthAsync(AnswerKey(nonce)), CommandDeadline, cancellationToken);
        return inOne.Value > 0 ? new RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?>(RedisOutcome.WrongType, null, "the answer is that of another version") : reply;
    }

    /// <summary>True for one instance in each interval, which is then to <see cref="KeepAsync"/>.</summary>
    public Task<RedisReply<bool>> TryTakeTurnAsync(TimeSpan interval, CancellationToken cancellationToken) => TryTakeAsync("writer", interval, cancellationToken);

    /// <summary>
    /// Keeps a blob for whoever starts when nobody is there to answer. Replaces the one before, once all of it is there. The blob stays the caller's, and must
    /// not change until this returns.
    /// </summary>
    public async Task<RedisReply<bool>> KeepAsync(PieceWriter blob, TimeSpan life, CancellationToken cancellationToken)
    {
        var nonce = Guid.NewGuid();
        RedisReply<bool> written = await WriteAsync(nonce, blob, life + KeptMargin, cancellationToken);
        if (!written.IsDone) return written;
        int count = blob.Seal().Count;
        RedisReply<RedisValue> before = await FindKeptAsync(cancellationToken);
        RedisReply<bool> named = await _connection.AskAsync(database => database.StringSetAsync(Key(_connection, "kept"), Name(nonce, count), life), CommandDeadline, cancellationToken);
        if (!named.IsDone) await DeleteAsync(nonce, count, CancellationToken.None);
        else if (TryParseName((string?)before.Value, out Guid old, out int pieces)) await DeleteAsync(old, pieces, cancellationToken);
        return named;
    }

    /// <summary>The pieces of what was kept last, or null.</summary>
    public async Task<RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?>> LoadKeptAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            RedisReply<RedisValue> found = await FindKeptAsync(cancellationToken);
            if (!found.IsDone) return found.As<IReadOnlyList<ReadOnlyMemory<byte>>?>();
            string? name = found.Value;
            if (string.IsNullOrEmpty(name)) return RedisReply.Done<IReadOnlyList<ReadOnlyMemory<byte>>?>(null);
            if (!TryParseName(name, out Guid nonce, out _)) return Trouble(RedisOutcome.WrongType, "what was kept is of another version");
            RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> reply = await ReadAsync(nonce, TimeSpan.Zero, cancellationToken);
            if (reply.Value is not null || reply.Outcome is not (RedisOutcome.Done or RedisOutcome.Incomplete)) return reply;
            // Replaced meanwhile, by an instance that is alive; or evicted.
            if (attempt == KeptAttempts) return Trouble(RedisOutcome.Incomplete, "pieces of what was kept are gone from Redis");
        }
    }

    /// <summary>The text of <c>INFO memory</c>.</summary>
    public Task<RedisReply<string?>> ReadMemoryAsync(CancellationToken cancellationToken) =>
        _connection.AskAsync(async database => (string?)await database.ExecuteAsync("INFO", "memory"), CommandDeadline, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _pieces.DisposeAsync();
    }

    /// <summary>For a command on <paramref name="connection"/>; to be called while it is made.</summary>
    private RedisKey Key(RedisConnection connection, string name) => $"{_keys}{connection.KeyTag}:{name}";

    private RedisKey AnswerKey(Guid nonce) => Key(_connection, nonce.ToString("N"));

    private RedisKey PieceKey(RedisConnection connection, Guid nonce, int number) => Key(connection, string.Create(CultureInfo.InvariantCulture, $"{nonce:N}:{number}"));

    private Task<RedisReply<bool>> TryTakeAsync(string name, TimeSpan life, CancellationToken cancellationToken) =>
        _connection.AskAsync(database => database.StringSetAsync(Key(_connection, name), "1", life, When.NotExists), CommandDeadline, cancellationToken);

    /// <summary>
    /// True when the link is subscribed at the node that has the slot, which a cluster shows by the number of receivers: a request that came from another node, over
    /// the bus, has no exact place among the events.
    /// </summary>
    private async Task<bool> IsLinkThereAsync(IDatabase database)
    {
        ITransaction both = database.CreateTransaction();
        // With a key, since a node takes a PUBLISH whether it has the slot or not.
        Task<bool> slot = both.KeyExistsAsync(Key(_connection, "kept"));
        Task<long> heard = both.PublishAsync(_own, RedisValue.EmptyString);
        await Task.WhenAll(both.ExecuteAsync(), slot, heard);
        return await heard > 0;
    }

    /// <summary>Longer ones are not ours.</summary>
    private Task<RedisReply<RedisValue>> FindKeptAsync(CancellationToken cancellationToken) =>
        _connection.AskAsync(database => database.StringGetRangeAsync(Key(_connection, "kept"), 0, MaxNameBytes), CommandDeadline, cancellationToken);

    private static string Name(Guid nonce, int count) => string.Create(CultureInfo.InvariantCulture, $"pieces {nonce:N} {count}");

    private bool TryParseName(string? name, out Guid nonce, out int count)
    {
        (nonce, count) = (default, 0);
        return name?.Split(' ') is ["pieces", var first, var second] && Guid.TryParseExact(first, "N", out nonce)
            && int.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count <= 1 + (_maxBlobBytes / (PieceWriter.PieceBytes - PieceWriter.HeaderBytes));
    }

    /// <summary>Writes all pieces or, as far as Redis lets it, none.</summary>
    private async Task<RedisReply<bool>> WriteAsync(Guid nonce, PieceWriter blob, TimeSpan life, CancellationToken cancellationToken)
    {
        if (blob.Length > _maxBlobBytes) return TooLarge(nonce, blob.Length).As<bool>();
        IReadOnlyList<ReadOnlyMemory<byte>> pieces = blob.Seal();
        var reply = RedisReply.Done(true);
        int written = 0;
        try
        {
            for (; written < pieces.Count && reply.IsDone; written++)
                reply = await _pieces.AskAsync(database => database.StringSetAsync(PieceKey(_pieces, nonce, written + 1), pieces[written], life), PieceDeadline, cancellationToken);
            if (reply.IsDone) return reply;
        }
        finally
        {
            // The client library may still be sending a piece that was late, or not waited for.
            if (written < pieces.Count || !reply.IsDone) blob.Abandon();
        }

        await DeleteAsync(nonce, written, cancellationToken);
        return reply;
    }

    private async Task<RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?>> ReadAsync(Guid nonce, TimeSpan deadline, CancellationToken cancellationToken)
    {
        List<ReadOnlyMemory<byte>> bodies = [];
        long bytes = 0;
        long since = _time.GetTimestamp();
        TimeSpan pause = Poll;
        while (true)
        {
            int number = bodies.Count + 1;
            // Not GET: something else may lie there. One byte more than allowed shows that.
            RedisReply<RedisValue> reply = await _pieces.AskAsync(database => database.StringGetRangeAsync(PieceKey(_pieces, nonce, number), 0, PieceWriter.PieceBytes), PieceDeadline, cancellationToken);
            byte[] piece = reply.IsDone ? (byte[]?)reply.Value ?? [] : [];
            if (piece.Length > 0)
            {
                int count = piece.Length is > PieceWriter.HeaderBytes and <= PieceWriter.PieceBytes ? BinaryPrimitives.ReadInt32BigEndian(piece) : -1;
                if (count != 0 && count != number) return Trouble(RedisOutcome.WrongType, string.Create(CultureInfo.InvariantCulture, $"piece {number} is none"));
                bytes += piece.Length - PieceWriter.HeaderBytes;
                if (bytes > _maxBlobBytes) return TooLarge(nonce, bytes);
                bodies.Add(piece.AsMemory(PieceWriter.HeaderBytes));
                if (count == number) return RedisReply.Done<IReadOnlyList<ReadOnlyMemory<byte>>?>(bodies);
                (since, deadline, pause) = (_time.GetTimestamp(), deadline > TimeSpan.Zero ? PieceDeadline : TimeSpan.Zero, Poll);
                continue;
            }

            if (reply.Outcome is not (RedisOutcome.Done or RedisOutcome.Unreachable)) return reply.As<IReadOnlyList<ReadOnlyMemory<byte>>?>();
            if (_time.GetElapsedTime(since) >= deadline)
            {
                if (!reply.IsDone) return reply.As<IReadOnlyList<ReadOnlyMemory<byte>>?>();
                return bodies.Count == 0
                    ? RedisReply.Done<IReadOnlyList<ReadOnlyMemory<byte>>?>(null)
                    : Trouble(RedisOutcome.Incomplete, string.Create(CultureInfo.InvariantCulture, $"piece {number} has not come"));
            }

            await Task.Delay(pause, _time, cancellationToken);
            if (pause < 8 * Poll) pause *= 2;
        }
    }

    private Task<RedisReply<long>> DeleteAsync(Guid nonce, int count, CancellationToken cancellationToken) =>
        _connection.AskAsync(database => database.KeyDeleteAsync([.. Enumerable.Range(1, count).Select(number => PieceKey(_connection, nonce, number))]), CommandDeadline, cancellationToken);

    private static RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> Trouble(RedisOutcome outcome, string reason) => new(outcome, null, reason);

    private RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> TooLarge(Guid nonce, long bytes) =>
        Trouble(RedisOutcome.TooLarge, string.Create(CultureInfo.InvariantCulture, $"{AnswerKey(nonce)} has {bytes} bytes or more, more than the {_maxBlobBytes} allowed"));
}
