using System.Buffers.Text;
using System.Globalization;

namespace Cecelia.Relay.Commands;

/// <summary>
/// The name of one command among those of all instances. The connection that a reply is for can be read from it, so that nobody keeps a table of commands.
/// </summary>
/// <param name="Instance">The relay's run.</param>
/// <param name="Connection">Number of the connection within it.</param>
/// <param name="Number">Number of the command within the connection.</param>
internal readonly record struct CommandId(string Instance, long Connection, long Number)
{
    /// <summary>INSTANCE-CONNECTION-NUMBER.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Instance}-{Connection}-{Number}");

    /// <summary>The instance and the connection of an id; false for a text that none of this version wrote. Allocates nothing.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> instance, out long connection)
    {
        instance = [];
        connection = 0;
        int last = text.LastIndexOf((byte)'-');
        int middle = last < 0 ? -1 : text[..last].LastIndexOf((byte)'-');
        if (middle < 0 || !TryNumber(text[(last + 1)..], out _) || !TryNumber(text[(middle + 1)..last], out connection)) return false;
        instance = text[..middle];
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<byte> digits, out long number) =>
        Utf8Parser.TryParse(digits, out number, out int read) && read == digits.Length && number > 0 && digits[0] is >= (byte)'1' and <= (byte)'9';
}
