using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Access;

/// <summary>
/// Creates tickets and checks them (PROTOCOL.md, <i>Access</i>). Redis has their hashes, so that any instance accepts them. The tickets that this instance has
/// seen stay valid here while Redis cannot be reached. Thread-safe.
/// </summary>
internal sealed partial class TicketStore(RedisTickets redis, TokenOptions options, TimeProvider time, ILogger<TicketStore> logger)
{
    /// <summary>Time within which a ticket must be used for the first time.</summary>
    public static readonly TimeSpan FirstUse = TimeSpan.FromSeconds(30);

    /// <summary>How long Redis is not asked after a failure: clients that reconnect together must not all wait for it, one after another.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Deadline of a request to Redis, with the wait for its connection.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    /// <summary>Length of a ticket: 32 random bytes in base64url.</summary>
    private const int TicketLength = 43;

    /// <summary>Maximum number of tickets that are asked for at once.</summary>
    private const int Batch = 500;

    private readonly TicketCache _seen = new();
    private readonly ReasonLog _reasons = new(time);
    private long _failedAt;
    private volatile bool _hasFailed;

    /// <summary>Number of tickets that are known here.</summary>
    public int Count => _seen.Count;

    /// <summary>Creates a ticket with the rights of a token. Returns null if Redis did not store it.</summary>
    public async Task<NewTicket?> CreateAsync(Grant grant)
    {
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset latest = now + RedisTickets.MaxLife;
        DateTimeOffset expires = grant.Expires < latest ? grant.Expires : latest;
        string ticket = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        byte[] value = TicketValue.Write(grant with { Expires = expires });
        RedisReply<bool> saved = await AskAsync(
            token => redis.SaveAsync(Hash(ticket), Hash(grant.User), value, FirstUse, expires + options.ClockSkew, token), CancellationToken.None);
        if (!saved.IsDone || !saved.Value) return null;
        return new NewTicket(ticket, now + FirstUse, expires);
    }

    /// <summary>Returns what a ticket grants, or why it grants nothing.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async ValueTask<AccessResult> ValidateAsync(string ticket, CancellationToken cancellationToken)
    {
        if (ticket.Length != TicketLength) return new AccessResult(AccessFailure.UnknownTicket);
        string hash = Hash(ticket);
        Grant? known = _seen.Find(hash);
        RedisReply<byte[]?> found = await AskAsync(token => redis.FindAsync(hash, token), cancellationToken);
        if (!found.IsDone) return known is null ? new AccessResult(AccessFailure.TicketsUnavailable) : CheckTime(known);
        if (found.Value is null || TicketValue.Read(found.Value) is not { } stored)
        {
            _seen.Revoke(hash);
            return new AccessResult(AccessFailure.UnknownTicket);
        }

        if (known is not null) return CheckTime(known);
        // The first use here: from now on the ticket lasts as long as its token.
        Grant grant = stored with { Ticket = new Ticket(hash) };
        AccessResult result = CheckTime(grant);
        if (result.Grant is null) return result;
        TimeSpan left = grant.Expires + options.ClockSkew - time.GetUtcNow();
        RedisReply<bool> kept = await AskAsync(token => redis.KeepAsync(hash, left, token), cancellationToken);
        if (!kept.IsDone) return new AccessResult(AccessFailure.TicketsUnavailable);
        return new AccessResult(_seen.Add(hash, grant), default);
    }

    /// <summary>Revokes all tickets of a user, and returns their number; null if Redis did not do it.</summary>
    public async Task<long?> RevokeAsync(string user, CancellationToken cancellationToken)
    {
        RedisReply<long> dropped = await AskAsync(token => redis.DropAllAsync(Hash(user), token), cancellationToken);
        if (!dropped.IsDone) return null;
        LogRevoked(logger, dropped.Value);
        return dropped.Value;
    }

    /// <summary>Asks Redis which tickets still exist, and revokes the others here. Does nothing while Redis does not answer.</summary>
    /// <param name="inUse">The tickets of open connections.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task CheckAsync(IEnumerable<Ticket> inUse, CancellationToken cancellationToken)
    {
        foreach (Ticket[] some in inUse.Concat(_seen.Tickets()).Distinct().Chunk(Batch))
        {
            RedisReply<bool[]> exist = await AskAsync(token => redis.ExistAsync([.. some.Select(ticket => ticket.Hash)], token), cancellationToken);
            if (!exist.IsDone) return;
            foreach ((Ticket ticket, bool exists) in some.Zip(exist.Value!))
            {
                if (exists) continue;
                ticket.Revoke();
                _seen.Revoke(ticket.Hash);
            }
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private AccessResult CheckTime(Grant grant) =>
        time.GetUtcNow() < grant.Expires + options.ClockSkew ? new AccessResult(grant, default) : new AccessResult(AccessFailure.Expired);

    /// <summary>Sends a request to Redis, unless one has failed a moment ago. Throws nothing but the caller's cancellation.</summary>
    private async Task<RedisReply<T>> AskAsync<T>(Func<CancellationToken, Task<RedisReply<T>>> ask, CancellationToken cancellationToken)
    {
        if (_hasFailed && time.GetElapsedTime(Volatile.Read(ref _failedAt)) < Pause)
            return new RedisReply<T>(RedisOutcome.Unreachable, default, "a request has failed a moment ago");
        RedisReply<T> reply;
        using var late = new CancellationTokenSource(Deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            reply = await ask(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            reply = new RedisReply<T>(RedisOutcome.Unreachable, default, "no answer in time");
        }

        if (!reply.IsDone)
        {
            Volatile.Write(ref _failedAt, time.GetTimestamp());
            lock (_reasons)
            {
                if (_reasons.MayLog(reply.Reason)) LogFailed(logger, reply.Reason);
            }
        }

        _hasFailed = !reply.IsDone;
        return reply;
    }

    [LoggerMessage(EventIds.TicketsFailed, LogLevel.Warning, "Tickets cannot be stored or checked: {Reason}", EventName = "TicketsFailed")]
    private static partial void LogFailed(ILogger logger, string reason);

    [LoggerMessage(EventIds.TicketsRevoked, LogLevel.Information, "Revoked {Count} tickets of a user", EventName = "TicketsRevoked")]
    private static partial void LogRevoked(ILogger logger, long count);
}

/// <summary>A ticket that was created.</summary>
/// <param name="Text">The ticket. Secret.</param>
/// <param name="FirstUseBy">The time by which it must have been used.</param>
/// <param name="Expires">The time at which it expires if it has been.</param>
internal sealed record NewTicket(string Text, DateTimeOffset FirstUseBy, DateTimeOffset Expires);

/// <summary>The value that is stored for a ticket: user, expiry and rights as JSON.</summary>
internal static class TicketValue
{
    private const string User = "user";
    private const string Expires = "expires";

    public static byte[] Write(Grant grant)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        json.WriteString(User, grant.User);
        json.WriteNumber(Expires, grant.Expires.ToUnixTimeMilliseconds());
        RightsClaim.Write(json, grant.Rights);
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Returns null if the value is not one that <see cref="Write"/> has written.</summary>
    public static Grant? Read(byte[] value)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            JsonElement root = document.RootElement;
            return RightsClaim.Read(root, RightsMembers.Default) is { } rights
                ? new Grant(root.GetProperty(User).GetString()!, rights, DateTimeOffset.FromUnixTimeMilliseconds(root.GetProperty(Expires).GetInt64()))
                : null;
        }
        catch (Exception invalid) when (invalid is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            or ArgumentOutOfRangeException)
        {
            return null;
        }
    }
}
