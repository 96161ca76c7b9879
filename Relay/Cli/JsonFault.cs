using System.Text.Json;

namespace Cecelia.Relay.Cli;

/// <summary>Says what is wrong with a JSON text, without the parser's trailer of path and position.</summary>
internal static class JsonFault
{
    /// <summary>One sentence without position and without the full stop.</summary>
    public static string Describe(JsonException fault)
    {
        string message = fault.Message;
        foreach (string trailer in (string[])[" Path: ", " LineNumber: "])
        {
            int at = message.IndexOf(trailer, StringComparison.Ordinal);
            if (at >= 0) message = message[..at];
        }

        // The parser's words for a text that was cut off speak of its inside.
        if (message.Contains("depth to be zero", StringComparison.Ordinal)) return "it ends before every { and [ is closed";
        return message.TrimEnd('.', ' ');
    }
}
