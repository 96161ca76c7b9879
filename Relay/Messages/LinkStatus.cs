using System.Text.Json;

namespace Cecelia.Relay.Messages;

/// <summary>Whether what clients see is up to date. Immutable.</summary>
/// <param name="Live">Events arrive.</param>
/// <param name="AsOfMs">While they do not: up to when nothing is missing, in Unix milliseconds; null when nothing has been seen yet.</param>
/// <param name="Reason">Why they do not, in plain words without secrets; null when they do.</param>
internal sealed record LinkStatus(bool Live, long? AsOfMs, string? Reason)
{
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
