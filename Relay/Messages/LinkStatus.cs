using System.Text.Json;

namespace Cecelia.Relay.Messages;

/// <summary>The status of the link to Redis as reported to clients. Immutable.</summary>
/// <param name="Live">Whether events arrive.</param>
/// <param name="AsOfMs">While degraded: the time up to which no event is missing, in Unix milliseconds; null if unknown.</param>
/// <param name="Reason">While degraded: the reason as text without secrets; otherwise null.</param>
internal sealed record LinkStatus(bool Live, long? AsOfMs, string? Reason)
{
    /// <summary>Returns the status for clients that may not learn the addresses of servers, which the reason may contain.</summary>
    public LinkStatus WithoutReason() => Reason is null ? this : this with { Reason = null };

    /// <summary>Writes the members of the <c>data</c> of <c>relay:link</c>.</summary>
    public void WriteTo(Utf8JsonWriter json, long nowMs)
    {
        json.WriteString("status", Live ? "live" : "degraded");
        if (Live) return;
        if (AsOfMs is { } asOf)
        {
            json.WriteString("asOf", RelayMessage.Time(asOf));
            json.WriteNumber("ageMs", Math.Max(0, nowMs - asOf));
        }
        else
        {
            json.WriteNull("asOf");
            json.WriteNull("ageMs");
        }

        json.WriteString("reason", Reason);
    }
}
