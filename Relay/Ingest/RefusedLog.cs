using Cecelia.Relay.Events;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// The recently refused events, for finding out why an event did not arrive: counts by reason since the start, and the last payloads, bounded in number and
/// in bytes of each. Thread-safe. The caller does the logging.
/// </summary>
internal sealed class RefusedLog(IngestOptions options, TimeProvider time)
{
    /// <summary>Number of bytes of a payload that are kept: enough to recognize the publisher.</summary>
    public const int ExcerptBytes = 512;

    /// <summary>Number of bytes of a channel's name that are kept. The publisher chooses the name.</summary>
    public const int ChannelBytes = 256;

    private readonly Lock _gate = new();
    private readonly long[] _counts = new long[RefusalReasons.Count];
    private readonly RefusedEvent[] _ring = new RefusedEvent[options.RefusedKept];
    private int _next;
    private int _kept;

    /// <summary>Returns the number of events refused for a reason since the start.</summary>
    public long Count(RefusalReason reason) => Interlocked.Read(ref _counts[(int)reason]);

    /// <summary>Returns the counts of all reasons, in their order.</summary>
    public long[] Counts() => [.. Enumerable.Range(0, _counts.Length).Select(reason => Count((RefusalReason)reason))];

    /// <summary>Counts a refusal and keeps excerpts that identify it. <paramref name="detail"/> is kept unchanged.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="detail">The reason as text.</param>
    /// <param name="channel">The channel of the event.</param>
    /// <param name="payload">The payload, at least its first <see cref="ExcerptBytes"/> bytes.</param>
    /// <param name="length">The full length of the payload in bytes, when only its beginning is passed.</param>
    public void Add(RefusalReason reason, string detail, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload, long? length = null)
    {
        Interlocked.Increment(ref _counts[(int)reason]);
        Sample(reason, detail, channel, payload, length);
    }

    /// <summary>Keeps excerpts like <see cref="Add"/> without counting: for events that are not refused but are shown too.</summary>
    public void Sample(RefusalReason reason, string detail, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload, long? length = null)
    {
        if (_ring.Length == 0) return;

        var refused = new RefusedEvent(
            time.GetUtcNow(), reason, detail, Excerpt(channel, ChannelBytes), Excerpt(payload, ExcerptBytes), length ?? payload.Length);
        lock (_gate)
        {
            _ring[_next] = refused;
            _next = (_next + 1) % _ring.Length;
            _kept = Math.Min(_kept + 1, _ring.Length);
        }
    }

    /// <summary>Returns the kept refusals, newest first.</summary>
    public RefusedEvent[] Latest()
    {
        lock (_gate)
        {
            var latest = new RefusedEvent[_kept];
            for (int i = 0; i < latest.Length; i++) latest[i] = _ring[(_next - 1 - i + _ring.Length) % _ring.Length];
            return latest;
        }
    }

    /// <summary>Returns the first bytes without splitting a character.</summary>
    private static byte[] Excerpt(ReadOnlySpan<byte> bytes, int limit)
    {
        if (bytes.Length <= limit) return bytes.ToArray();
        // Back over at most three continuation bytes, to the lead byte of the character that would be split.
        int end = limit;
        while (end > limit - 3 && (bytes[end] & 0xC0) == 0x80) end--;
        // Not a lead byte: there is no character to keep whole.
        if (bytes[end] < 0xC0) end = limit;
        return bytes[..end].ToArray();
    }
}

/// <summary>A refused payload: its first bytes, those of its channel, and its full length in bytes.</summary>
internal sealed record RefusedEvent(DateTimeOffset Time, RefusalReason Reason, string Detail, byte[] Channel, byte[] Excerpt, long Bytes);
