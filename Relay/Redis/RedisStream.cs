using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>One event as the stream holds it; a foreign entry, without our field, has no bytes and is for the decoder to refuse.</summary>
internal sealed record RedisStreamEntry(RedisStreamId Id, byte[] Payload);

/// <summary>What a stream held from a point on.</summary>
/// <param name="Entries">In order.</param>
/// <param name="IsComplete">True when nothing that was ever appended from the point up to the last of <paramref name="Entries"/> is missing.</param>
/// <param name="IsCut">True when the stream holds more after the last of <paramref name="Entries"/>: a bound or the deadline ended the reading.</param>
internal sealed record RedisStreamRead(IReadOnlyList<RedisStreamEntry> Entries, bool IsComplete, bool IsCut);

/// <summary>
/// Reads what publishers kept in a stream (<see cref="PublishedStream"/>), on a connection of its own, which it closes again. Without state; any thread.
/// </summary>
/// <remarks>
/// <para>Redis lets go of entries from the oldest on. So the run from a point on is complete if the stream's first entry is not after the point: then
/// nothing after the point can have gone. This is asked with every page, after it, as publishers go on meanwhile.</para>
/// <para>A stream that begins after the point, or is missing, is not complete: it may have been trimmed, or lost with a Redis that kept nothing on disk and
/// then begun anew, which looks the same. What cannot be seen: XDEL of single entries, and a failover that loses the newest ones.</para>
/// </remarks>
internal static class RedisStream
{
    private const int MaxPageEntries = 1000;

    /// <summary>Pages are sized to come to about this, so that the largest events do not come by the thousand.</summary>
    private const long PageBytes = 4 * 1024 * 1024;

    /// <summary>Before the size of an entry is known: at most 16 MB of the largest events there are.</summary>
    private const int FirstPageEntries = 64;

    /// <summary>Reads from <paramref name="from"/>, which is included: after an entry give its <see cref="RedisStreamId.Next"/>. A missing key is an empty stream.</summary>
    /// <param name="url">Which Redis.</param>
    /// <param name="key">The stream.</param>
    /// <param name="from">The first id that is wanted.</param>
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
                // One more than allowed tells whether there is more.
                count = Math.Min(count, maxEntries - entries.Count + 1);
                RedisReply<(RedisStreamEntry[] Page, bool IsComplete)> reply = await connection.AskAsync(database => ReadPageAsync(database, key, from, count), deadline, either.Token);
                if (!reply.IsDone) return reply.As<RedisStreamRead>();

                RedisStreamEntry[] page = reply.Value.Page;
                isComplete &= reply.Value.IsComplete;
                long pageBytes = 0;
                foreach (RedisStreamEntry entry in page)
                {
                    pageBytes += entry.Payload.Length;
                    if (entries.Count == maxEntries || (entries.Count > 0 && bytes + pageBytes > maxBytes)) return Read(isCut: true);
                    entries.Add(entry);
                }

                if (page.Length < count) return Read(isCut: false);
                bytes += pageBytes;
                from = page[^1].Id.Next;
                count = (int)Math.Clamp(PageBytes * page.Length / Math.Max(pageBytes, 1), 1, MaxPageEntries);
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return entries.Count > 0 ? Read(isCut: true) : new RedisReply<RedisStreamRead>(RedisOutcome.Unreachable, null, $"{url.Masked}: no answer in time");
        }

        RedisReply<RedisStreamRead> Read(bool isCut) => RedisReply.Done(new RedisStreamRead(entries, isComplete, isCut));
    }

    /// <summary>A page, and whether nothing was gone from its beginning when it was read.</summary>
    private static async Task<(RedisStreamEntry[] Page, bool IsComplete)> ReadPageAsync(IDatabase database, string key, RedisStreamId from, int count)
    {
        // One connection, so Redis sees them in this order: what the second finds still there was there at the first.
        Task<RedisStreamEntry[]> page = RangeAsync(database, key, from.ToString(), count);
        Task<RedisStreamEntry[]> first = RangeAsync(database, key, "-", 1);
        await Task.WhenAll(page, first);
        return (await page, await first is [{ } oldest] && oldest.Id.CompareTo(from) <= 0);
    }

    private static async Task<RedisStreamEntry[]> RangeAsync(IDatabase database, string key, string from, int count)
    {
        RedisResult answer = await database.ExecuteAsync("XRANGE", (RedisKey)key, from, "+", "COUNT", count);
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
        result.Resp2Type == ResultType.Array && !result.IsNull ? (RedisResult[])result! : throw new RespException("XRANGE was answered by something else than an array");
}
