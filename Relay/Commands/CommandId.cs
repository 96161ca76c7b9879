using System.Buffers.Text;
using System.Globalization;

namespace Cecelia.Relay.Commands;

/// <summary>
/// The id of a command, unique across instances. It contains the connection that a reply is for, so no table of commands is needed.
/// </summary>
/// <param name="Instance">The name of the instance, which changes at each start.</param>
/// <param name="Connection">The number of the connection within the instance.</param>
/// <param name="Number">The number of the command within the connection.</param>
internal readonly record struct CommandId(string Instance, long Connection, long Number)
{
    /// <summary>Returns INSTANCE-CONNECTION-NUMBER, for example <c>dab4b21b15e6-17-3</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Instance}-{Connection}-{Number}");

    /// <summary>
    /// Reads the instance and the connection of an id. Returns false for a text that is not in the format of this version. Allocates nothing.
    /// </summary>
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
