using System.Buffers;
using System.Buffers.Text;
using System.Globalization;

namespace Cecelia.Relay.Journal;

/// <summary>
/// A position in the stream of events that every instance can find: a hash of the last <see cref="MessageWindow.Length"/> events, and the time of the last of
/// them. For clients it is the opaque <c>id</c> of an event (PROTOCOL.md, <i>Positions</i>).
/// </summary>
/// <param name="Hash">Hash of the last events up to here.</param>
/// <param name="TimeMs">When the instance that wrote it accepted the last event, in Unix milliseconds.</param>
internal readonly record struct StreamPosition(ulong Hash, long TimeMs)
{
    private const int HashDigits = 16;
    private const int TimeDigits = 11;
    private static readonly StandardFormat HashFormat = new('x', HashDigits);
    private static readonly StandardFormat TimeFormat = new('x', TimeDigits);

    /// <summary>Number of characters of its text.</summary>
    public const int TextLength = HashDigits + 1 + TimeDigits;

    /// <summary>Writes <see cref="TextLength"/> bytes: 16 hexadecimal digits, a hyphen, 11 more.</summary>
    public void Write(Span<byte> destination)
    {
        Utf8Formatter.TryFormat(Hash, destination, out _, HashFormat);
        destination[HashDigits] = (byte)'-';
        Utf8Formatter.TryFormat(TimeMs, destination[(HashDigits + 1)..], out _, TimeFormat);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Hash:x16}-{TimeMs:x11}");

    /// <summary>Parses a position; false for any text that a relay cannot have written.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out StreamPosition position)
    {
        position = default;
        if (text.Length != TextLength || text[HashDigits] != '-') return false;
        if (!ulong.TryParse(text[..HashDigits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hash)) return false;
        if (!long.TryParse(text[(HashDigits + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long timeMs)) return false;
        position = new StreamPosition(hash, timeMs);
        return true;
    }
}
