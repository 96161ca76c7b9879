using System.Globalization;

namespace Cecelia.Relay.Redis;

/// <summary>The ID of an entry in a Redis Stream: the time at which Redis added it, and a number within that millisecond. IDs only increase.</summary>
/// <param name="Ms">Milliseconds since 1970 by Redis' clock (or that of the previous entry, if that was ahead).</param>
/// <param name="Seq">The number within the millisecond, from 0.</param>
internal readonly record struct RedisStreamId(ulong Ms, ulong Seq) : IComparable<RedisStreamId>
{
    /// <summary>Returns the first ID of a time that is earlier by <paramref name="time"/>. Both times are by Redis' clock.</summary>
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
