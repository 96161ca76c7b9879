using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>An entry of the stream. A foreign entry, without the relay's field, has an empty payload, which the decoder refuses.</summary>
internal sealed record RedisStreamEntry(RedisStreamId Id, byte[] Payload);

/// <summary>The result of reading a stream from a point on.</summary>
/// <param name="Entries">The entries in order.</param>
/// <param name="IsComplete">
/// True when the stream holds the entry at the point, and therefore everything that was appended between it and the last of <paramref name="Entries"/>.
/// </param>
/// <param name="IsCut">True when the stream holds more entries after the last of <paramref name="Entries"/>: a limit or the deadline ended the read.</param>
internal sealed record RedisStreamRead(IReadOnlyList<RedisStreamEntry> Entries, bool IsComplete, bool IsCut);

/// <summary>
/// Reads the events that publishers appended to a stream (<see cref="PublishedStream"/>), on its own connection, which it closes afterwards. Stateless; any
/// thread.
/// </summary>
/// <remarks>
/// <para>Redis removes the oldest entries first. So a run of entries is complete if the entry at its beginning, which the relay has seen before, is still
/// there. Each page begins with the last entry of the page before, which proves the same for the run of pages, because publishers continue meanwhile.</para>
/// <para>Example: the relay has seen 5-0, and the stream holds 4-0, 5-0, 6-0, 7-0. Read from 5-0 it is complete. Once it is trimmed to 6-0, 7-0 it is not:
/// there could have been a 5-1. A stream that is missing, or was created again, does not hold 5-0 either, whatever its counters are.</para>
/// <para>Not detectable: XDEL of later entries, and a failover that loses the newest ones.</para>
/// </remarks>
internal static class RedisStream
{
    private const int MaxPageEntries = 1000;

    /// <summary>Approximate size of a page, so that a page does not contain a thousand of the largest events.</summary>
    private const long PageBytes = 4 * 1024 * 1024;

    /// <summary>Number of entries of the first page, before the size of an entry is known: at most 16 MB of the largest events.</summary>
    private const int FirstPageEntries = 64;

    /// <summary>Reads the entries from <paramref name="from"/>, inclusive. A missing key is an empty stream.</summary>
    /// <param name="url">The URL of Redis.</param>
    /// <param name="key">The key of the stream.</param>
    /// <param name="from">The first ID; for a complete read that of an entry that was received before.</param>
    /// <param name="maxEntries">Maximum number of entries, at least 1.</param>
    /// <param name="maxBytes">Maximum size of all payloads. The first is returned whatever its size.</param>
    /// <param name="deadline">
    /// The deadline for the whole read. When it passes, the pages read so far are returned as cut off; if there are none, the stream is unreachable.
    /// </param>
    /// <param name="time">The clock for the deadline.</param>
    /// <param name="cancellationToken">Cancels the read, which is the only reason for an exception.</param>
    public static async Task<RedisReply<RedisStreamRead>> ReadAsync(
        RedisUrl url, string key, RedisStreamId from, int maxEntries, long maxBytes, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        await using var connection = new RedisConnection(url, deadline, time);
        List<RedisStreamEntry> entries = [];
        bool isComplete = true;
        long bytes = 0;
        int count = FirstPageEntries;
        try
        {
            while (true)
            {
                // One entry more than allowed shows whether there are more. Each page but the first begins with a known entry.
                int repeated = entries.Count > 0 ? 1 : 0;
                count = Math.Min(count, maxEntries - entries.Count + 1) + repeated;
                RedisReply<RedisStreamEntry[]> reply = await connection.AskAsync(
                    database => RangeAsync(database, "XRANGE", key, from.ToString(), "+", count),
                    deadline,
                    either.Token);
                if (reply.Value is not { } page) return reply.As<RedisStreamRead>();

                bool holdsPoint = page is [{ } first, ..] && first.Id == from;
                isComplete &= holdsPoint;
                long pageBytes = 0;
                foreach (RedisStreamEntry entry in page.Skip(holdsPoint ? repeated : 0))
                {
                    pageBytes += entry.Payload.Length;
                    if (entries.Count == maxEntries || (entries.Count > 0 && bytes + pageBytes > maxBytes)) return Read(isCut: true);
                    entries.Add(entry);
                }

                if (page.Length < count) return Read(isCut: false);
                bytes += pageBytes;
                from = page[^1].Id;
                count = (int)Math.Clamp(PageBytes * page.Length / Math.Max(pageBytes, 1), 1, MaxPageEntries);
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return entries.Count > 0 ? Read(isCut: true) : new RedisReply<RedisStreamRead>(RedisOutcome.Unreachable, null, $"{url.Masked}: no answer in time");
        }

        RedisReply<RedisStreamRead> Read(bool isCut) => RedisReply.Done(new RedisStreamRead(entries, isComplete, isCut));
    }

    /// <summary>
    /// Returns the ID of the newest entry; 0-0 for a stream that is empty or missing. An error of Redis is returned as a value, so that it does not fail
    /// other requests on the same connection. A failure of the connection is thrown, see <see cref="RedisClient.IsFailure"/>.
    /// </summary>
    public static async Task<RedisReply<RedisStreamId>> FindNewestAsync(IDatabase database, string key)
    {
        try
        {
            return RedisReply.Done(await RangeAsync(database, "XREVRANGE", key, "+", "-", 1) is [{ } newest, ..] ? newest.Id : default);
        }
        catch (RedisServerException error)
        {
            return new RedisReply<RedisStreamId>(RedisReply.Classify(error), default, RedisClient.Describe(error));
        }
        catch (RespException invalid)
        {
            return new RedisReply<RedisStreamId>(RedisOutcome.Refused, default, invalid.Message);
        }
    }

    private static async Task<RedisStreamEntry[]> RangeAsync(IDatabase database, string command, string key, string from, string to, int count)
    {
        RedisResult answer = await database.ExecuteAsync(command, (RedisKey)key, from, to, "COUNT", count);
        return [.. ToArray(answer).Select(ToEntry)];
    }

    private static RedisStreamEntry ToEntry(RedisResult result)
    {
        RedisResult[] parts = ToArray(result);
        if (parts.Length < 2 || parts[0].Resp2Type == ResultType.Array || !RedisStreamId.TryParse((string?)parts[0], out RedisStreamId id))
        {
            throw new RespException("an entry of the stream has no id");
        }

        RedisResult[] fields = ToArray(parts[1]);
        if (Array.Exists(fields, field => field.Resp2Type == ResultType.Array)) throw new RespException("a field of the stream is an array");
        for (int i = 0; i + 1 < fields.Length; i += 2)
        {
            if ((string?)fields[i] == PublishedStream.Field) return new RedisStreamEntry(id, (byte[]?)fields[i + 1] ?? []);
        }

        return new RedisStreamEntry(id, []);
    }

    private static RedisResult[] ToArray(RedisResult result) =>
        result.Resp2Type == ResultType.Array && !result.IsNull
            ? (RedisResult[])result!
            : throw new RespException("the reply to a read of the stream is not an array");
}
