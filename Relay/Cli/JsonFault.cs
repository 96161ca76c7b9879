using System.Text.Json;

namespace Cecelia.Relay.Cli;

/// <summary>Describes errors in JSON text.</summary>
internal static class JsonFault
{
    /// <summary>Returns the parser's message without path, position and full stop.</summary>
    public static string Describe(JsonException fault)
    {
        string message = fault.Message;
        foreach (string trailer in (string[])[" Path: ", " LineNumber: "])
        {
            int at = message.IndexOf(trailer, StringComparison.Ordinal);
            if (at >= 0) message = message[..at];
        }

        // The parser describes truncated text in terms of its internals.
        if (message.Contains("depth to be zero", StringComparison.Ordinal)) return "it ends before every { and [ is closed";
        return message.TrimEnd('.', ' ');
    }
}
