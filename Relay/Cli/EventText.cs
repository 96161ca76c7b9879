using System.Globalization;
using System.Text.Json;

namespace Cecelia.Relay.Cli;

/// <summary>
/// The checks that a publisher can make before it sends an event. The relay makes the others, and lists refused events at <c>/api/v1/refused</c>.
/// </summary>
internal static class EventText
{
    /// <summary>Maximum nesting depth that a relay can be configured to accept.</summary>
    public const int MaxDepth = 512;

    /// <summary>Returns the reason why <paramref name="payload"/> is not an event; null if it may be one.</summary>
    public static string? FindError(ReadOnlySpan<byte> payload)
    {
        try
        {
            var reader = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = MaxDepth });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) return "not a JSON object";
            while (reader.Read())
            {
                // The reader validates the UTF-8 of a string only when it is read.
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName) reader.GetString();
            }

            return null;
        }
        catch (JsonException fault)
        {
            return string.Create(CultureInfo.InvariantCulture, $"not JSON: {JsonFault.Describe(fault)} (column {fault.BytePositionInLine + 1})");
        }
        catch (InvalidOperationException)
        {
            return "not JSON: a string in it is not valid UTF-8";
        }
    }
}
