using System.Text.Json;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Messages;

/// <summary>
/// A stretch of the stream in which events may be missing (PROTOCOL.md, <i>Gaps</i>). Unknown values are null and written as null, because a client must not
/// mistake "unknown" for "none".
/// </summary>
internal sealed record Gap(GapCause Cause)
{
    /// <summary>Number of missing events, if known.</summary>
    public long? Missed { get; init; }

    /// <summary>Start of the time range in which events may be missing, in Unix milliseconds.</summary>
    public long? FromMs { get; init; }

    /// <summary>End of that time range, in Unix milliseconds.</summary>
    public long? ToMs { get; init; }

    /// <summary>The publisher whose events are missing, if it is a single one.</summary>
    public string? Source { get; init; }

    /// <summary>The publisher's first missing sequence number.</summary>
    public long? FromSeq { get; init; }

    /// <summary>The publisher's last missing sequence number.</summary>
    public long? ToSeq { get; init; }

    /// <summary>
    /// The timestamp of the publisher's last event before the missing ones, in Unix milliseconds; null if unknown. Not part of the message: it is of another
    /// clock.
    /// </summary>
    public long? AfterMs { get; init; }

    /// <summary>
    /// Returns the gap for clients that may not learn the names of publishers. The number of missing events of a publisher may include some that the client
    /// may not see, so it is not known to the client.
    /// </summary>
    public Gap WithoutSource() => Source is null ? this : this with { Source = null, FromSeq = null, ToSeq = null, Missed = null };

    /// <summary>Returns the time from which on events may be missing, of the <c>data</c> of a gap; null if unknown.</summary>
    public static long? BeginningOf(ReadOnlySpan<byte> data) => TimeOf(data, "from"u8) ?? TimeOf(data, "to"u8);

    /// <summary>Writes the members of <c>data</c>.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteString("cause", Cause.ToWireName());
        if (Missed is { } missed) json.WriteNumber("missed", missed);
        else json.WriteNull("missed");
        WriteTime(json, "from", FromMs);
        WriteTime(json, "to", ToMs);
        if (Source is null) return;
        json.WriteString("source", Source);
        if (FromSeq is { } fromSeq) json.WriteNumber("fromSeq", fromSeq);
        if (ToSeq is { } toSeq) json.WriteNumber("toSeq", toSeq);
    }

    private static long? TimeOf(ReadOnlySpan<byte> data, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> text = JsonMembers.Find(data, name);
        return text.Length > 2 && Rfc3339.TryParse(text[1..^1], out long unixMs) ? unixMs : null;
    }

    private static void WriteTime(Utf8JsonWriter json, string name, long? ms)
    {
        if (ms is { } unixMs) json.WriteString(name, RelayMessage.Time(unixMs));
        else json.WriteNull(name);
    }
}

/// <summary>The cause of a gap.</summary>
internal enum GapCause
{
    /// <summary>The link to Redis was interrupted.</summary>
    RedisLost,

    /// <summary>The client reads too slowly.</summary>
    SlowClient,

    /// <summary>The relay was not running, or could not recover the events before its start.</summary>
    Restart,

    /// <summary>Events arrived faster than they could be decoded, and were dropped.</summary>
    Evicted,

    /// <summary>Sequence numbers of a publisher are missing.</summary>
    PublisherGap,

    /// <summary>A publisher restarted its numbering under the same source, so that the last events of its previous run may be missing.</summary>
    PublisherRestarted,
}

/// <summary>The names of the causes on the wire.</summary>
internal static class GapCauses
{
    public static string ToWireName(this GapCause cause) => cause switch
    {
        GapCause.RedisLost => "redis_lost",
        GapCause.SlowClient => "slow_client",
        GapCause.Restart => "restart",
        GapCause.Evicted => "evicted",
        GapCause.PublisherGap => "publisher_gap",
        _ => "publisher_restarted",
    };
}
