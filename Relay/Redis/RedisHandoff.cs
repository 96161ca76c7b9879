using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Carries state and history from one instance to another as bytes that only those two understand. A starting instance requests, and one of the ready
/// ones leads, answers; or, with nobody alive, what the last one kept is there. On a connection of its own, so that a large blob holds up no probe of the
/// link. Any thread may call; nothing but a cancellation is thrown.
/// </summary>
/// <remarks>
/// The request is published to the ready instances and, as a cut, to the requester itself, at one point of Redis' order. So what the answering instance
/// received before the request, and what the requester receives after the cut, are together everything, and nothing twice. That is so if at both ends no
/// swap of the link lies between: <see cref="RedisLink.Swaps"/> is the same, and the state Subscribed, before the request and at the cut.
/// </remarks>
internal sealed class RedisHandoff : IAsyncDisposable
{
    /// <summary>How long an answer lies there, and for how long nobody else leads: longer than any requester waits.</summary>
    private static readonly TimeSpan AnswerLife = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromSeconds(1);

    /// <summary>For the blob itself, tens of megabytes over a slow network.</summary>
    private static readonly TimeSpan BlobDeadline = TimeSpan.FromSeconds(5);

    /// <summary>Asking costs Redis a microsecond; being told would need a message that may be lost.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    private readonly RedisConnection _connection;
    private readonly TimeProvider _time;
    private readonly long _maxBlobBytes;
    private readonly RedisChannel _requests;
    private readonly RedisChannel _own;
    private readonly RedisKey _kept;
    private readonly RedisKey _writer;
    private readonly string _keys;

    /// <summary>For the answer to one command. Default 1 s.</summary>
    public TimeSpan CommandDeadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <param name="url">Which Redis.</param>
    /// <param name="options">Names the channels and keys.</param>
    /// <param name="instance">As the link's: its probe channel is where the cut goes.</param>
    /// <param name="maxBlobBytes">Larger blobs are neither written nor read.</param>
    /// <param name="time">For deadlines.</param>
    public RedisHandoff(RedisUrl url, RedisOptions options, string instance, long maxBlobBytes, TimeProvider time)
    {
        _connection = new RedisConnection(url, ConnectDeadline, time);
        _time = time;
        _maxBlobBytes = maxBlobBytes;
        _requests = new RedisChannel(options.HandoffChannel, RedisChannel.PatternMode.Literal);
        _own = new RedisChannel(options.ProbeChannel(instance), RedisChannel.PatternMode.Literal);
        _keys = options.HandoffChannel;
        _kept = $"{_keys}:kept";
        _writer = $"{_keys}:writer";
    }

    /// <summary>
    /// Asks for a handoff; the answer is the number of instances that heard it (this one too, if it hears requests). <see cref="RedisInbox.CutArrived"/> gets
    /// the nonce, perhaps before this returns. A fresh nonce for each request.
    /// </summary>
    public async Task<RedisReply<long>> RequestAsync(Guid nonce, CancellationToken cancellationToken)
    {
        RedisReply<(long Siblings, long Own)> reply = await _connection.AskAsync(
            async database =>
            {
                ITransaction both = database.CreateTransaction();
                Task<long> siblings = both.PublishAsync(_requests, RedisCut.WriteRequest(nonce));
                Task<long> own = both.PublishAsync(_own, RedisCut.WriteCut(nonce));
                await Task.WhenAll(both.ExecuteAsync(), siblings, own);
                return (await siblings, await own);
            },
            CommandDeadline,
            cancellationToken);
        if (!reply.IsDone) return reply.As<long>();
        return reply.Value.Own > 0 ? RedisReply.Done(reply.Value.Siblings) : new RedisReply<long>(RedisOutcome.Unheard, 0, $"the channel {(string?)_own} is not subscribed, so no cut will come");
    }

    /// <summary>True for one of the instances that heard a request: it is to answer. To be asked before the blob is made.</summary>
    public Task<RedisReply<bool>> TryLeadAsync(Guid nonce, CancellationToken cancellationToken) => TryTakeAsync($"{AnswerKey(nonce)}:lease", AnswerLife, cancellationToken);

    /// <summary>Puts the blob where the requester waits for it. The array must not change until this returns.</summary>
    public Task<RedisReply<bool>> AnswerAsync(Guid nonce, byte[] blob, CancellationToken cancellationToken) => WriteAsync(AnswerKey(nonce), blob, AnswerLife, cancellationToken);

    /// <summary>
    /// The blob; null when none has come before <paramref name="deadline"/>. A Redis that is away is asked again until then; any other trouble ends the waiting.
    /// </summary>
    public async Task<RedisReply<byte[]?>> WaitAsync(Guid nonce, TimeSpan deadline, CancellationToken cancellationToken)
    {
        long started = _time.GetTimestamp();
        while (true)
        {
            RedisReply<byte[]?> reply = await ReadAsync(AnswerKey(nonce), cancellationToken);
            bool isFinal = reply.Value is not null || reply.Outcome is not (RedisOutcome.Done or RedisOutcome.Unreachable);
            if (isFinal || _time.GetElapsedTime(started) >= deadline) return reply;
            await Task.Delay(Poll, _time, cancellationToken);
        }
    }

    /// <summary>True for one instance in each interval, which is then to <see cref="KeepAsync"/>.</summary>
    public Task<RedisReply<bool>> TryTakeTurnAsync(TimeSpan interval, CancellationToken cancellationToken) => TryTakeAsync(_writer, interval, cancellationToken);

    /// <summary>Keeps a blob for whoever starts when nobody is there to answer. Replaces the one before.</summary>
    public Task<RedisReply<bool>> KeepAsync(byte[] blob, TimeSpan life, CancellationToken cancellationToken) => WriteAsync(_kept, blob, life, cancellationToken);

    /// <summary>What was kept last, or null.</summary>
    public Task<RedisReply<byte[]?>> LoadKeptAsync(CancellationToken cancellationToken) => ReadAsync(_kept, cancellationToken);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private RedisKey AnswerKey(Guid nonce) => $"{_keys}:{nonce:N}";

    private Task<RedisReply<bool>> TryTakeAsync(RedisKey key, TimeSpan life, CancellationToken cancellationToken) =>
        _connection.AskAsync(database => database.StringSetAsync(key, "1", life, When.NotExists), CommandDeadline, cancellationToken);

    private async Task<RedisReply<bool>> WriteAsync(RedisKey key, byte[] blob, TimeSpan life, CancellationToken cancellationToken)
    {
        if (blob.LongLength > _maxBlobBytes) return TooLarge<bool>(key, blob.LongLength);
        return await _connection.AskAsync(database => database.StringSetAsync(key, blob, life), BlobDeadline, cancellationToken);
    }

    /// <summary>Null when there is none, or an empty one.</summary>
    private async Task<RedisReply<byte[]?>> ReadAsync(RedisKey key, CancellationToken cancellationToken)
    {
        RedisReply<long> length = await _connection.AskAsync(database => database.StringLengthAsync(key), CommandDeadline, cancellationToken);
        if (!length.IsDone) return length.As<byte[]?>();
        if (length.Value == 0) return RedisReply.Done<byte[]?>(null);
        if (length.Value > _maxBlobBytes) return TooLarge<byte[]?>(key, length.Value);

        // Not GET: a larger one may have been written in the meantime. One byte more than allowed shows that.
        RedisReply<RedisValue> blob = await _connection.AskAsync(database => database.StringGetRangeAsync(key, 0, _maxBlobBytes), BlobDeadline, cancellationToken);
        if (!blob.IsDone) return blob.As<byte[]?>();
        byte[] bytes = (byte[]?)blob.Value ?? [];
        if (bytes.LongLength > _maxBlobBytes) return TooLarge<byte[]?>(key, bytes.LongLength);
        return RedisReply.Done(bytes.Length == 0 ? null : bytes);
    }

    private RedisReply<T> TooLarge<T>(RedisKey key, long bytes) =>
        new(RedisOutcome.TooLarge, default, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(string?)key} has {bytes} bytes, more than the {_maxBlobBytes} allowed"));
}
