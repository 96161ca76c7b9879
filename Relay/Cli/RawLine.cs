using System.Text;

namespace Cecelia.Relay.Cli;

/// <summary>Formats a message as one line for programs.</summary>
internal static class RawLine
{
    /// <summary>Replaces line breaks by spaces. In JSON, a line break can only be white space between tokens, so the meaning is the same.</summary>
    public static string Format(ReadOnlyMemory<byte> message) => Encoding.UTF8.GetString(message.Span).Replace('\r', ' ').Replace('\n', ' ');
}
