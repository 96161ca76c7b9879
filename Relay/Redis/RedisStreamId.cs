using System.Globalization;

namespace Cecelia.Relay.Redis;

/// <summary>An entry's id in a Redis Stream: the time at which Redis took it, and a number within that millisecond. Ids only grow.</summary>
/// <param name="Ms">Milliseconds since 1970 by Redis' clock (or by the clock before, where that was ahead).</param>
/// <param name="Seq">Counts from 0.</param>
internal readonly record struct RedisStreamId(ulong Ms, ulong Seq) : IComparable<RedisStreamId>
{
    /// <summary>The first id of a stream's time that is so much earlier. Both are by Redis' clock.</summary>
    public RedisStreamId Before(TimeSpan time) => new(Ms - Math.Min(Ms, (ulong)time.TotalMilliseconds), 0);

    /// <summary>Reads <c>MS-SEQ</c>.</summary>
    public static bool TryParse(string? text, out RedisStreamId id)
    {
        id = default;
        int dash = text?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        if (dash < 0
            || !ulong.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out ulong ms)
            || !ulong.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ulong seq)) return false;
        id = new RedisStreamId(ms, seq);
        return true;
    }

    public int CompareTo(RedisStreamId other) => Ms == other.Ms ? Seq.CompareTo(other.Seq) : Ms.CompareTo(other.Ms);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Ms}-{Seq}");
}
