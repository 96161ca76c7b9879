using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Stores the hashes of tickets, each with a value and an expiry, and finds those of one user. All instances share them. Any thread. Throws nothing but a
/// cancellation.
/// </summary>
internal sealed class RedisTickets(RedisUrl url, RedisOptions options, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Maximum time for which a ticket is stored. The list of a user's tickets is kept for longer than any of them.</summary>
    public static readonly TimeSpan MaxLife = TimeSpan.FromDays(30);

    /// <summary>Maximum number of tickets of one user. Beyond it, those that expire first are deleted.</summary>
    public const int MaxOfUser = 1000;

    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(2);

    private readonly RedisConnection _connection = new(url, ConnectDeadline, time);

    /// <summary>Stores a ticket that is deleted unless <see cref="KeepAsync"/> is called in time.</summary>
    /// <param name="hash">The hash of the ticket.</param>
    /// <param name="user">The hash of its user.</param>
    /// <param name="value">The value.</param>
    /// <param name="firstUse">The time after which it is deleted.</param>
    /// <param name="expires">The time at which it expires if it is kept.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<RedisReply<bool>> SaveAsync(
        string hash, string user, byte[] value, TimeSpan firstUse, DateTimeOffset expires, CancellationToken cancellationToken)
    {
        Task<long>? count = null;
        RedisReply<bool> saved = await _connection.AskAsync(
            database =>
            {
                ITransaction all = database.CreateTransaction();
                _ = all.StringSetAsync(KeyOf(hash), value, firstUse);
                _ = all.SortedSetRemoveRangeByScoreAsync(ListOf(user), double.NegativeInfinity, time.GetUtcNow().ToUnixTimeMilliseconds());
                _ = all.SortedSetAddAsync(ListOf(user), hash, expires.ToUnixTimeMilliseconds());
                _ = all.KeyExpireAsync(ListOf(user), MaxLife + TimeSpan.FromDays(1));
                count = all.SortedSetLengthAsync(ListOf(user));
                return all.ExecuteAsync();
            },
            AnswerDeadline,
            cancellationToken);
        if (saved.IsDone && count is { IsCompletedSuccessfully: true } && await count is > MaxOfUser and var number)
            await DropFirstAsync(user, number - MaxOfUser);
        return saved;
    }

    /// <summary>Returns the value of a ticket; null if there is none.</summary>
    public async Task<RedisReply<byte[]?>> FindAsync(string hash, CancellationToken cancellationToken)
    {
        RedisReply<RedisValue> found = await _connection.AskAsync(database => database.StringGetAsync(KeyOf(hash)), AnswerDeadline, cancellationToken);
        return found.IsDone ? RedisReply.Done((byte[]?)found.Value) : found.As<byte[]?>();
    }

    /// <summary>Keeps a ticket for longer. Returns false if it does not exist any more.</summary>
    public Task<RedisReply<bool>> KeepAsync(string hash, TimeSpan life, CancellationToken cancellationToken) =>
        _connection.AskAsync(database => database.KeyExpireAsync(KeyOf(hash), life), AnswerDeadline, cancellationToken);

    /// <summary>Returns for each ticket whether it exists.</summary>
    public Task<RedisReply<bool[]>> ExistAsync(IReadOnlyList<string> hashes, CancellationToken cancellationToken) =>
        _connection.AskAsync(database => Task.WhenAll(hashes.Select(hash => database.KeyExistsAsync(KeyOf(hash)))), AnswerDeadline, cancellationToken);

    /// <summary>Deletes all tickets of a user, and returns their number.</summary>
    public Task<RedisReply<long>> DropAllAsync(string user, CancellationToken cancellationToken) => _connection.AskAsync(
        async database =>
        {
            RedisValue[] hashes = await database.SortedSetRangeByRankAsync(ListOf(user));
            long dropped = await database.KeyDeleteAsync([.. hashes.Select(hash => KeyOf(hash!))]);
            // Last, so that tickets are found again if deleting them has failed.
            await database.SortedSetRemoveAsync(ListOf(user), hashes);
            return dropped;
        },
        AnswerDeadline,
        cancellationToken);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private Task<RedisReply<bool>> DropFirstAsync(string user, long count) => _connection.AskAsync(
        async database =>
        {
            SortedSetEntry[] first = await database.SortedSetPopAsync(ListOf(user), count);
            await database.KeyDeleteAsync([.. first.Select(entry => KeyOf(entry.Element!))]);
            return true;
        },
        AnswerDeadline,
        CancellationToken.None);

    // In a cluster all keys are in the slot of the channel. Evaluated while a command is created, when the connection has determined the slot.
    private RedisKey KeyOf(string hash) => $"{options.TicketKeys}{_connection.KeyTag}:{hash}";

    private RedisKey ListOf(string user) => $"{options.TicketKeys}{_connection.KeyTag}:of:{user}";
}
