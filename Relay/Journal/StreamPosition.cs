using System.Buffers;
using System.Buffers.Text;
using System.Globalization;

namespace Cecelia.Relay.Journal;

/// <summary>
/// A place in the stream of events that every instance can find: what the last <see cref="MessageWindow.Length"/> events were, and when the last of
/// them came. Clients know it as an event's <c>id</c> (PROTOCOL.md, <i>Positions</i>) and must not read it.
/// </summary>
/// <param name="Hash">Of the events up to here.</param>
/// <param name="TimeMs">When the instance that wrote it accepted the last one, in Unix milliseconds.</param>
internal readonly record struct StreamPosition(ulong Hash, long TimeMs)
{
    private const int HashDigits = 16;
    private const int TimeDigits = 11;
    private static readonly StandardFormat HashFormat = new('x', HashDigits);
    private static readonly StandardFormat TimeFormat = new('x', TimeDigits);

    /// <summary>Characters of its text.</summary>
    public const int TextLength = HashDigits + 1 + TimeDigits;

    /// <summary>Writes <see cref="TextLength"/> bytes: 16 hexadecimal digits, a hyphen, 11 more.</summary>
    public void Write(Span<byte> destination)
    {
        Utf8Formatter.TryFormat(Hash, destination, out _, HashFormat);
        destination[HashDigits] = (byte)'-';
        Utf8Formatter.TryFormat(TimeMs, destination[(HashDigits + 1)..], out _, TimeFormat);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Hash:x16}-{TimeMs:x11}");

    /// <summary>False for anything that no relay has written.</summary>
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
