using Cecelia.Relay.Events;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// What was refused lately, for the person who wonders where an event went: counts by reason since the start, and the last few payloads,
/// bounded in number and in bytes of each. Thread-safe. Logging is the caller's.
/// </summary>
internal sealed class RefusedLog(IngestOptions options, TimeProvider time)
{
    /// <summary>How much of a payload is kept: enough to recognise the publisher by.</summary>
    public const int ExcerptBytes = 512;

    /// <summary>How much of a channel's name is kept; the name is the publisher's choice too.</summary>
    public const int ChannelBytes = 256;

    private readonly Lock _gate = new();
    private readonly long[] _counts = new long[RefusalReasons.Count];
    private readonly RefusedEvent[] _ring = new RefusedEvent[options.RefusedKept];
    private int _next;
    private int _kept;

    /// <summary>How many were refused for that reason since the start.</summary>
    public long Count(RefusalReason reason) => Interlocked.Read(ref _counts[(int)reason]);

    /// <summary>The counts of all reasons, in their order.</summary>
    public long[] Counts() => [.. Enumerable.Range(0, _counts.Length).Select(reason => Count((RefusalReason)reason))];

    /// <summary>Counts a refusal and keeps copies of what tells it apart. <paramref name="detail"/> is kept as it is.</summary>
    /// <param name="reason">Why it was refused.</param>
    /// <param name="detail">The same for people.</param>
    /// <param name="channel">The channel it came on.</param>
    /// <param name="payload">At least its first <see cref="ExcerptBytes"/> bytes, if it has as many.</param>
    /// <param name="length">Its length in bytes, where only its beginning is given.</param>
    public void Add(RefusalReason reason, string detail, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload, long? length = null)
    {
        Interlocked.Increment(ref _counts[(int)reason]);
        Sample(reason, detail, channel, payload, length);
    }

    /// <summary>As <see cref="Add"/>, without counting: for what is not refused and shown all the same.</summary>
    public void Sample(RefusalReason reason, string detail, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload, long? length = null)
    {
        if (_ring.Length == 0) return;

        var refused = new RefusedEvent(time.GetUtcNow(), reason, detail, Excerpt(channel, ChannelBytes), Excerpt(payload, ExcerptBytes), length ?? payload.Length);
        lock (_gate)
        {
            _ring[_next] = refused;
            _next = (_next + 1) % _ring.Length;
            _kept = Math.Min(_kept + 1, _ring.Length);
        }
    }

    /// <summary>The kept refusals, newest first.</summary>
    public RefusedEvent[] Latest()
    {
        lock (_gate)
        {
            var latest = new RefusedEvent[_kept];
            for (int i = 0; i < latest.Length; i++) latest[i] = _ring[(_next - 1 - i + _ring.Length) % _ring.Length];
            return latest;
        }
    }

    /// <summary>The first bytes, cut where no character is cut in two.</summary>
    private static byte[] Excerpt(ReadOnlySpan<byte> bytes, int limit)
    {
        if (bytes.Length <= limit) return bytes.ToArray();
        // Back over at most three continuation bytes: to the lead byte of the character that the cut would split.
        int cut = limit;
        while (cut > limit - 3 && (bytes[cut] & 0xC0) == 0x80) cut--;
        // Not a lead byte after all: no character is there to be spared.
        if (bytes[cut] < 0xC0) cut = limit;
        return bytes[..cut].ToArray();
    }
}

/// <summary>One refused payload: the first bytes of it and of its channel, and how many bytes it had in all.</summary>
internal sealed record RefusedEvent(DateTimeOffset Time, RefusalReason Reason, string Detail, byte[] Channel, byte[] Excerpt, long Bytes);
