using System.Globalization;
using System.Text.Json;

namespace Cecelia.Relay.Cli;

/// <summary>What a publisher can tell about an event before it sends it. The relay judges the rest, and says so at <c>/api/v1/refused</c>.</summary>
internal static class EventText
{
    /// <summary>As deep as the relay can be told to accept.</summary>
    private const int MaxDepth = 512;

    /// <summary>Why <paramref name="payload"/> can be no event, or null.</summary>
    public static string? FindMistake(ReadOnlySpan<byte> payload)
    {
        try
        {
            var reader = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = MaxDepth });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) return "not a JSON object";
            while (reader.Read())
            {
                // JSON allows strings that are not UTF-8 to pass unread; an event may not.
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
