using System.Text.Json;

namespace Cecelia.Relay.Messages;

/// <summary>
/// A place where something may be missing (PROTOCOL.md, <i>Gaps</i>). What is not known is null and goes unsaid as null: a client must not read
/// "unknown" as "nothing".
/// </summary>
internal sealed record Gap(GapCause Cause)
{
    /// <summary>How many events are missing, where that is known.</summary>
    public long? Missed { get; init; }

    /// <summary>From when on something may be missing, in Unix milliseconds.</summary>
    public long? FromMs { get; init; }

    /// <summary>Until when.</summary>
    public long? ToMs { get; init; }

    /// <summary>Whose events are missing, where only one publisher's are.</summary>
    public string? Source { get; init; }

    /// <summary>The first number that is missing, of that publisher's.</summary>
    public long? FromSeq { get; init; }

    /// <summary>The last one.</summary>
    public long? ToSeq { get; init; }

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

    private static void WriteTime(Utf8JsonWriter json, string name, long? ms)
    {
        if (ms is { } known) json.WriteString(name, RelayMessage.Time(known));
        else json.WriteNull(name);
    }
}

/// <summary>Why something may be missing.</summary>
internal enum GapCause
{
    /// <summary>The link to Redis was lost for a time.</summary>
    RedisLost,

    /// <summary>The client reads too slowly.</summary>
    SlowClient,

    /// <summary>The relay was not running, or knows nothing of the time before it started.</summary>
    Restart,

    /// <summary>Events came faster than they could be decoded, and were dropped.</summary>
    Evicted,

    /// <summary>A publisher's own numbers show a hole.</summary>
    PublisherGap,

    /// <summary>A publisher counts again under the same source: what its last run did not publish may be missing.</summary>
    PublisherRestarted,
}

/// <summary>The wire's word for each cause.</summary>
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
