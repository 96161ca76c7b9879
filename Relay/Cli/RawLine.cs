using System.Text;

namespace Cecelia.Relay.Cli;

/// <summary>A message as one line for a program to read.</summary>
internal static class RawLine
{
    /// <summary>A line break in JSON can only be white space between tokens, so a space says the same.</summary>
    public static string Format(ReadOnlyMemory<byte> message) => Encoding.UTF8.GetString(message.Span).Replace('\r', ' ').Replace('\n', ' ');
}
