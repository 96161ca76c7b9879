using System.Buffers;
using System.Text;

namespace Cecelia.Relay.Events;

/// <summary>
/// Escapes and unescapes JSON strings without allocating. The framework's own way throws on half a surrogate pair (<c>"\ud800"</c>), which a publisher may
/// well send; here that is an answer.
/// </summary>
internal static class JsonText
{
    /// <summary>Most bytes that one byte of text takes when it is escaped.</summary>
    public const int MaxExpansion = 6;

    /// <summary>What JSON does not let stand in a string: controls, quote and backslash.</summary>
    private static readonly SearchValues<byte> Special = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(i => (byte)i), (byte)'"', (byte)'\\']);

    /// <summary>
    /// Writes the text of a JSON string, whose syntax a reader has checked already, as UTF-8. False when it does not fit in
    /// <paramref name="destination"/> or holds half a surrogate pair.
    /// </summary>
    public static bool TryUnescape(ReadOnlySpan<byte> written, Span<byte> destination, out int length)
    {
        length = 0;
        while (true)
        {
            int escape = written.IndexOf((byte)'\\');
            ReadOnlySpan<byte> plain = escape < 0 ? written : written[..escape];
            if (!plain.TryCopyTo(destination[length..])) return false;
            length += plain.Length;
            if (escape < 0) return true;

            written = written[(escape + 1)..];
            if (!TryReadEscape(ref written, out Rune rune) || !rune.TryEncodeToUtf8(destination[length..], out int bytes)) return false;
            length += bytes;
        }
    }

    /// <summary>
    /// Writes UTF-8 text as the inside of a JSON string, and returns its length. Escapes only what JSON demands, each in its shortest form, so that
    /// equal texts are equal bytes and nothing becomes longer than a publisher could have written it. <paramref name="destination"/> must have room
    /// for <see cref="MaxExpansion"/> times the text.
    /// </summary>
    public static int Escape(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        int length = 0;
        while (true)
        {
            int special = text.IndexOfAny(Special);
            ReadOnlySpan<byte> plain = special < 0 ? text : text[..special];
            plain.CopyTo(destination[length..]);
            length += plain.Length;
            if (special < 0) return length;

            length += WriteEscape(text[special], destination[length..]);
            text = text[(special + 1)..];
        }
    }

    private static int WriteEscape(byte value, Span<byte> destination)
    {
        byte letter = value switch
        {
            (byte)'"' or (byte)'\\' => value,
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            _ => 0,
        };
        destination[0] = (byte)'\\';
        if (letter != 0)
        {
            destination[1] = letter;
            return 2;
        }

        "u00"u8.CopyTo(destination[1..]);
        destination[4] = (byte)('0' + (value >> 4));
        destination[5] = (byte)((value & 15) < 10 ? '0' + (value & 15) : 'a' + (value & 15) - 10);
        return 6;
    }

    /// <summary>Reads what follows a backslash and moves past it; a pair of surrogates counts as one escape.</summary>
    private static bool TryReadEscape(ref ReadOnlySpan<byte> written, out Rune rune)
    {
        byte kind = written[0];
        written = written[1..];
        if (kind != 'u')
        {
            rune = new Rune((char)(kind switch
            {
                (byte)'b' => (byte)'\b',
                (byte)'f' => (byte)'\f',
                (byte)'n' => (byte)'\n',
                (byte)'r' => (byte)'\r',
                (byte)'t' => (byte)'\t',
                _ => kind,
            }));
            return true;
        }

        char first = ReadHex(ref written);
        if (!char.IsHighSurrogate(first)) return Rune.TryCreate(first, out rune);
        rune = default;
        if (!written.StartsWith("\\u"u8)) return false;
        written = written[2..];
        return Rune.TryCreate(first, ReadHex(ref written), out rune);
    }

    private static char ReadHex(ref ReadOnlySpan<byte> written)
    {
        int value = 0;
        for (int i = 0; i < 4; i++)
        {
            int c = written[i] | 0x20;
            value = (value << 4) | (c <= '9' ? c - '0' : c - 'a' + 10);
        }

        written = written[4..];
        return (char)value;
    }
}
