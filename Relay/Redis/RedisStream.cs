using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>One event as the stream holds it; a foreign entry, without our field, has no bytes and is for the decoder to refuse.</summary>
internal sealed record RedisStreamEntry(RedisStreamId Id, byte[] Payload);

/// <summary>What a stream held from a point on.</summary>
/// <param name="Entries">In order.</param>
/// <param name="IsComplete">True when the stream holds the entry at the point, and so everything that was appended between it and the last of <paramref name="Entries"/>.</param>
/// <param name="IsCut">True when the stream holds more after the last of <paramref name="Entries"/>: a bound or the deadline ended the reading.</param>
internal sealed record RedisStreamRead(IReadOnlyList<RedisStreamEntry> Entries, bool IsComplete, bool IsCut);

/// <summary>
/// Reads what publishers kept in a stream (<see cref="PublishedStream"/>), on a connection of its own, which it closes again. Without state; any thread.
/// </summary>
/// <remarks>
/// <para>Redis removes entries from the oldest on. So a run of entries is complete if the entry at its beginning, which the relay has seen before, is still there.
/// Each page begins with the last entry of the page before, which proves the same for the run of pages, because publishers continue meanwhile.</para>
/// <para>Example: the relay has seen 5-0, and the stream holds 4-0, 5-0, 6-0, 7-0. Read from 5-0 it is complete. Once it is trimmed to 6-0, 7-0 it is not: nothing
/// shows that there was no 5-1. A stream that is missing, or was started again, does not hold 5-0 either, whatever its counters say.</para>
/// <para>Not visible: XDEL of later entries, and a failover that loses the newest ones.</para>
/// </remarks>
internal static class RedisStream
{
    private const int MaxPageEntries = 1000;

    /// <summary>Pages are sized to come to about this, so that the largest events do not come by the thousand.</summary>
    private const long PageBytes = 4 * 1024 * 1024;

    /// <summary>Before the size of an entry is known: at most 16 MB of the largest events there are.</summary>
    private const int FirstPageEntries = 64;

    /// <summary>Reads from <paramref name="from"/>, which is included. A missing key is an empty stream.</summary>
    /// <param name="url">Which Redis.</param>
    /// <param name="key">The stream.</param>
    /// <param name="from">The first id that is wanted; for a complete reading that of an entry which was seen.</param>
    /// <param name="maxEntries">At most so many, at least 1.</param>
    /// <param name="maxBytes">Payloads of at most so many bytes in all; the first is given whatever its size.</param>
    /// <param name="deadline">For everything. When it passes, the pages that came are given, cut; if none came, it is unreachable.</param>
    /// <param name="time">For the deadline.</param>
    /// <param name="cancellationToken">The only thing that is thrown for.</param>
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
                // One more than allowed shows whether there is more; and each page but the first begins with an entry that is known.
                int repeated = entries.Count > 0 ? 1 : 0;
                count = Math.Min(count, maxEntries - entries.Count + 1) + repeated;
                RedisReply<RedisStreamEntry[]> reply = await connection.AskAsync(database => RangeAsync(database, "XRANGE", key, from.ToString(), "+", count), deadline, either.Token);
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
    /// The id of the newest entry; 0-0 of a stream that is empty or missing. An error of Redis is a value here, so that it does not fail what is asked on the same
    /// connection; a failure of the connection is thrown, as of <see cref="RedisClient.IsFailure"/>.
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
        catch (RespException odd)
        {
            return new RedisReply<RedisStreamId>(RedisOutcome.Refused, default, odd.Message);
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
        if (parts.Length < 2 || parts[0].Resp2Type == ResultType.Array || !RedisStreamId.TryParse((string?)parts[0], out RedisStreamId id)) throw new RespException("an entry of the stream has no id");
        RedisResult[] fields = ToArray(parts[1]);
        if (Array.Exists(fields, field => field.Resp2Type == ResultType.Array)) throw new RespException("a field of the stream is an array");
        for (int i = 0; i + 1 < fields.Length; i += 2)
        {
            if ((string?)fields[i] == PublishedStream.Field) return new RedisStreamEntry(id, (byte[]?)fields[i + 1] ?? []);
        }

        return new RedisStreamEntry(id, []);
    }

    private static RedisResult[] ToArray(RedisResult result) =>
        result.Resp2Type == ResultType.Array && !result.IsNull ? (RedisResult[])result! : throw new RespException("the reply to a reading of the stream is not an array");
}
