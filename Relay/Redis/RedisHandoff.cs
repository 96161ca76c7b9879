using System.Buffers.Binary;
using System.Globalization;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Transfers state and history between instances as an opaque blob. A starting instance publishes a request, and one of the ready instances, the leader,
/// answers it. If there is no other instance, the last one has stored a copy. Uses two connections, one of them for the pieces, so that a large blob does not
/// delay the probes of the link or the commands. Any thread may call. Throws nothing but a cancellation.
/// </summary>
/// <remarks>
/// <para>
/// A blob is stored in Redis in pieces of at most 256 KiB, <c>handoff:NONCE:1</c> and so on, of which the last contains the count. So no piece blocks Redis or
/// a slow network for long, the reader reads the first while the writer sends the next, and each piece has its own deadline. The copy for an instance that
/// starts alone is stored in the same way, with its own nonce, which <c>handoff:kept</c> names once all pieces are stored.
/// </para>
/// The request is published to the ready instances and, as a barrier, to the requester itself, at one point of Redis' order (<see cref="HandoffBarrier"/>).
/// So the events that the answering instance received before the request and those that the requester receives after the barrier are together all events,
/// each once. This requires that neither end swapped its connection meanwhile: <see cref="RedisLink.Swaps"/> is the same, and the link is subscribed, before
/// the request and at the barrier.
/// </remarks>
internal sealed class RedisHandoff : IAsyncDisposable
{
    /// <summary>How long no other instance may lead: longer than any requester waits for the first piece.</summary>
    private static readonly TimeSpan LeadLife = TimeSpan.FromSeconds(20);

    /// <summary>Minimum lifetime of the pieces of an answer, if their reader does not delete them.</summary>
    private static readonly TimeSpan PieceLife = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan DefaultConnectDeadline = TimeSpan.FromSeconds(1);

    /// <summary>How much longer the pieces of a copy live than the key that names them.</summary>
    private static readonly TimeSpan KeptMargin = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The lowest throughput to Redis for which a handoff works, in bytes per second. Deadlines and lifetimes grow with the size accordingly.
    /// </summary>
    private const int SlowestBytesPerSecond = 32 * 1024;

    /// <summary>Deadline for a piece of the maximum size.</summary>
    private static readonly TimeSpan PieceDeadline = TimeSpan.FromSeconds(5 + (PieceWriter.PieceBytes / SlowestBytesPerSecond));

    /// <summary>Interval at which the next piece is polled for. A poll costs Redis a microsecond; a notification could be lost.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Maximum factor by which deadlines for commands grow on an overloaded machine.</summary>
    private const int MaxAnswerWait = 8;

    /// <summary>Maximum number of attempts to read a copy that another instance replaces meanwhile.</summary>
    private const int KeptAttempts = 3;

    /// <summary>Maximum length of the value that names the pieces.</summary>
    private const int MaxNameBytes = 64;

    private readonly RedisConnection _connection;
    private readonly RedisConnection _pieces;
    private readonly TimeProvider _time;
    private readonly long _maxBlobBytes;
    private readonly RedisChannel _requests;
    private readonly RedisChannel _own;
    private readonly string _keys;

    /// <summary>The deadline for the answer to one command. Default 1 s.</summary>
    public TimeSpan CommandDeadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <param name="context">The context of the link, too: the barrier is published on its probe channel.</param>
    /// <param name="maxBlobBytes">Maximum size of a blob. Larger ones are neither written nor read.</param>
    /// <param name="connectDeadline">The deadline for finding a host that answers, and again for connecting to it; null means 1 s.</param>
    public RedisHandoff(RedisContext context, long maxBlobBytes, TimeSpan? connectDeadline = null)
    {
        (RedisUrl url, RedisOptions options, string instance, TimeProvider time) = context;
        _connection = new RedisConnection(url, connectDeadline ?? DefaultConnectDeadline, time, MaxAnswerWait);
        _pieces = new RedisConnection(url, connectDeadline ?? DefaultConnectDeadline, time, MaxAnswerWait);
        _time = time;
        _maxBlobBytes = maxBlobBytes;
        _requests = new RedisChannel(options.HandoffChannel, RedisChannel.PatternMode.Literal);
        _own = new RedisChannel(options.ProbeChannel(instance), RedisChannel.PatternMode.Literal);
        _keys = options.HandoffChannel;
    }

    /// <summary>
    /// Publishes a request for a handoff. Returns the number of instances that received it, including this one if it receives requests.
    /// <see cref="RedisCallbacks.BarrierArrived"/> is called with the nonce, possibly before this returns. Each request needs a new nonce.
    /// </summary>
    public async Task<RedisReply<long>> RequestAsync(Guid nonce, CancellationToken cancellationToken)
    {
        RedisReply<(long Others, long Own)> reply = await _connection.AskAsync(
            async database =>
            {
                ITransaction both = database.CreateTransaction();
                Task slot = _connection.IsCluster ? both.KeyExistsAsync(Key(_connection, "kept")) : Task.CompletedTask;
                Task<long> others = both.PublishAsync(_requests, HandoffBarrier.WriteRequest(nonce));
                Task<long> own = both.PublishAsync(_own, HandoffBarrier.WriteBarrier(nonce));
                await Task.WhenAll(both.ExecuteAsync(), slot, others, own);
                return (await others, await own);
            },
            CommandDeadline,
            cancellationToken);
        if (!reply.IsDone) return reply.As<long>();
        if (reply.Value.Own > 0) return RedisReply.Done(reply.Value.Others);
        // The link may be subscribed at another server.
        _connection.Reset();
        return new RedisReply<long>(RedisOutcome.NotReceived, 0, $"the channel {(string?)_own} is not subscribed, so the barrier will not arrive");
    }

    /// <summary>Returns true to one of the instances that received a request, which must answer it. To be called before the blob is made.</summary>
    public async Task<RedisReply<bool>> TryLeadAsync(Guid nonce, CancellationToken cancellationToken)
    {
        RedisReply<bool> isHere = await _connection.AskAsync(
            database => _connection.IsCluster ? IsLinkAtSlotAsync(database) : Task.FromResult(true),
            CommandDeadline,
            cancellationToken);
        return isHere is { IsDone: true, Value: true } ? await TryTakeAsync($"{nonce:N}:lease", LeadLife, cancellationToken) : isHere;
    }

    /// <summary>Stores the blob for the requester. The caller keeps ownership of the blob and must not change it until this returns.</summary>
    public Task<RedisReply<bool>> AnswerAsync(Guid nonce, PieceWriter blob, CancellationToken cancellationToken) =>
        WriteAsync(nonce, blob, PieceLife + TimeSpan.FromSeconds(blob.Length / SlowestBytesPerSecond), cancellationToken);

    /// <summary>
    /// Waits for the pieces of the answer. Returns null if the first has not arrived before <paramref name="deadline"/>. Each further piece has its own
    /// deadline. While Redis is away the read is repeated until then; any other failure ends the wait.
    /// </summary>
    public async Task<RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?>> WaitAsync(Guid nonce, TimeSpan deadline, CancellationToken cancellationToken)
    {
        RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> reply = await ReadAsync(nonce, deadline, cancellationToken);
        if (reply.Value is { } pieces)
        {
            // No other instance needs them, and Redis may need the memory. If deleting fails, they expire.
            await DeleteAsync(nonce, pieces.Count, cancellationToken);
            return reply;
        }

        if (!reply.IsDone) return reply;
        // The previous version answered in one piece.
        RedisReply<long> single = await _connection.AskAsync(database => database.StringLengthAsync(AnswerKey(nonce)), CommandDeadline, cancellationToken);
        return single.Value > 0
            ? new RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?>(RedisOutcome.WrongType, null, "the answer was written by another version")
            : reply;
    }

    /// <summary>Returns true to one instance in each interval, which must then call <see cref="KeepAsync"/>.</summary>
    public Task<RedisReply<bool>> TryTakeTurnAsync(TimeSpan interval, CancellationToken cancellationToken) =>
        TryTakeAsync("writer", interval, cancellationToken);

    /// <summary>
    /// Stores a blob for an instance that starts when no other one is ready. It replaces the previous blob once all pieces are stored. The caller keeps
    /// ownership of the blob and must not change it until this returns.
    /// </summary>
    public async Task<RedisReply<bool>> KeepAsync(PieceWriter blob, TimeSpan life, CancellationToken cancellationToken)
    {
        var nonce = Guid.NewGuid();
        RedisReply<bool> written = await WriteAsync(nonce, blob, life + KeptMargin, cancellationToken);
        if (!written.IsDone) return written;
        int count = blob.Seal().Count;
        RedisReply<RedisValue> before = await FindKeptAsync(cancellationToken);
        RedisReply<bool> named = await _connection.AskAsync(
            database => database.StringSetAsync(Key(_connection, "kept"), Name(nonce, count), life),
            CommandDeadline,
            cancellationToken);
        if (!named.IsDone) await DeleteAsync(nonce, count, CancellationToken.None);
        else if (TryParseName((string?)before.Value, out Guid old, out int pieces)) await DeleteAsync(old, pieces, cancellationToken);
        return named;
    }

    /// <summary>Returns the pieces of the copy that was stored last, or null.</summary>
    public async Task<RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?>> LoadKeptAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            RedisReply<RedisValue> found = await FindKeptAsync(cancellationToken);
            if (!found.IsDone) return found.As<IReadOnlyList<ReadOnlyMemory<byte>>?>();
            string? name = found.Value;
            if (string.IsNullOrEmpty(name)) return RedisReply.Done<IReadOnlyList<ReadOnlyMemory<byte>>?>(null);
            if (!TryParseName(name, out Guid nonce, out _)) return Failure(RedisOutcome.WrongType, "the copy was written by another version");
            RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> reply = await ReadAsync(nonce, TimeSpan.Zero, cancellationToken);
            if (reply.Value is not null || reply.Outcome is not (RedisOutcome.Done or RedisOutcome.Incomplete)) return reply;
            // The copy was replaced meanwhile by another instance, or evicted.
            if (attempt == KeptAttempts) return Failure(RedisOutcome.Incomplete, "pieces of the copy are missing in Redis");
        }
    }

    /// <summary>Returns the text of <c>INFO memory</c>.</summary>
    public Task<RedisReply<string?>> ReadMemoryAsync(CancellationToken cancellationToken) =>
        _connection.AskAsync(async database => (string?)await database.ExecuteAsync("INFO", "memory"), CommandDeadline, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _pieces.DisposeAsync();
    }

    /// <summary>Returns a key for a command on <paramref name="connection"/>. To be called while the command is created.</summary>
    private RedisKey Key(RedisConnection connection, string name) => $"{_keys}{connection.KeyTag}:{name}";

    private RedisKey AnswerKey(Guid nonce) => Key(_connection, nonce.ToString("N"));

    private RedisKey PieceKey(RedisConnection connection, Guid nonce, int number) =>
        Key(connection, string.Create(CultureInfo.InvariantCulture, $"{nonce:N}:{number}"));

    private Task<RedisReply<bool>> TryTakeAsync(string name, TimeSpan life, CancellationToken cancellationToken) =>
        _connection.AskAsync(database => database.StringSetAsync(Key(_connection, name), "1", life, When.NotExists), CommandDeadline, cancellationToken);

    /// <summary>
    /// Returns true if the link is subscribed at the node that has the slot, which the number of receivers shows in a cluster: a request that was received
    /// from another node, over the bus, has no exact position among the events.
    /// </summary>
    private async Task<bool> IsLinkAtSlotAsync(IDatabase database)
    {
        ITransaction both = database.CreateTransaction();
        // With a key, since a node accepts a PUBLISH whether it has the slot or not.
        Task<bool> slot = both.KeyExistsAsync(Key(_connection, "kept"));
        Task<long> received = both.PublishAsync(_own, RedisValue.EmptyString);
        await Task.WhenAll(both.ExecuteAsync(), slot, received);
        return await received > 0;
    }

    /// <summary>Reads the value that names the pieces. A longer value is not one of the relay's.</summary>
    private Task<RedisReply<RedisValue>> FindKeptAsync(CancellationToken cancellationToken) =>
        _connection.AskAsync(database => database.StringGetRangeAsync(Key(_connection, "kept"), 0, MaxNameBytes), CommandDeadline, cancellationToken);

    private static string Name(Guid nonce, int count) => string.Create(CultureInfo.InvariantCulture, $"pieces {nonce:N} {count}");

    private bool TryParseName(string? name, out Guid nonce, out int count)
    {
        (nonce, count) = (default, 0);
        return name?.Split(' ') is ["pieces", var first, var second] && Guid.TryParseExact(first, "N", out nonce)
            && int.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out count)
                && count <= 1 + (_maxBlobBytes / (PieceWriter.PieceBytes - PieceWriter.HeaderBytes));
    }

    /// <summary>Writes all pieces. After a failure the ones that were written are deleted if possible.</summary>
    private async Task<RedisReply<bool>> WriteAsync(Guid nonce, PieceWriter blob, TimeSpan life, CancellationToken cancellationToken)
    {
        if (blob.Length > _maxBlobBytes) return TooLarge(nonce, blob.Length).As<bool>();
        IReadOnlyList<ReadOnlyMemory<byte>> pieces = blob.Seal();
        var reply = RedisReply.Done(true);
        int written = 0;
        try
        {
            for (; written < pieces.Count && reply.IsDone; written++)
                reply = await _pieces.AskAsync(
                    database => database.StringSetAsync(PieceKey(_pieces, nonce, written + 1), pieces[written], life),
                    PieceDeadline,
                    cancellationToken);
            if (reply.IsDone) return reply;
        }
        finally
        {
            // The client library may still be sending a piece whose deadline passed or whose write was cancelled.
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
            // Not GET: the value may be one of a different kind. One byte more than allowed shows that.
            RedisReply<RedisValue> reply = await _pieces.AskAsync(
                database => database.StringGetRangeAsync(PieceKey(_pieces, nonce, number), 0, PieceWriter.PieceBytes),
                PieceDeadline,
                cancellationToken);
            byte[] piece = reply.IsDone ? (byte[]?)reply.Value ?? [] : [];
            if (piece.Length > 0)
            {
                int count = piece.Length is > PieceWriter.HeaderBytes and <= PieceWriter.PieceBytes ? BinaryPrimitives.ReadInt32BigEndian(piece) : -1;
                if (count != 0 && count != number)
                {
                    return Failure(RedisOutcome.WrongType, string.Create(CultureInfo.InvariantCulture, $"piece {number} is invalid"));
                }

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
                    : Failure(RedisOutcome.Incomplete, string.Create(CultureInfo.InvariantCulture, $"piece {number} did not arrive"));
            }

            await Task.Delay(pause, _time, cancellationToken);
            if (pause < 8 * Poll) pause *= 2;
        }
    }

    private Task<RedisReply<long>> DeleteAsync(Guid nonce, int count, CancellationToken cancellationToken) =>
        _connection.AskAsync(
            database => database.KeyDeleteAsync([.. Enumerable.Range(1, count).Select(number => PieceKey(_connection, nonce, number))]),
            CommandDeadline,
            cancellationToken);

    private static RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> Failure(RedisOutcome outcome, string reason) => new(outcome, null, reason);

    private RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> TooLarge(Guid nonce, long bytes) =>
        Failure(
            RedisOutcome.TooLarge,
            string.Create(CultureInfo.InvariantCulture, $"{AnswerKey(nonce)} has {bytes} bytes or more, more than the {_maxBlobBytes} allowed"));
}
