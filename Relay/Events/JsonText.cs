using System.Buffers;
using System.Text;

namespace Cecelia.Relay.Events;

/// <summary>
/// Escapes and unescapes JSON strings without allocating. The framework's methods throw for a lone surrogate (<c>"\ud800"</c>), which a publisher may
/// send; these return false.
/// </summary>
internal static class JsonText
{
    /// <summary>Maximum number of bytes that one byte of text takes when it is escaped.</summary>
    public const int MaxExpansion = 6;

    /// <summary>Characters that JSON does not allow unescaped in a string: controls, quote and backslash.</summary>
    private static readonly SearchValues<byte> MustEscape = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(i => (byte)i), (byte)'"', (byte)'\\']);

    /// <summary>
    /// Writes the text of a well-formed JSON string as UTF-8. Returns false if it does not fit in <paramref name="destination"/> or contains a lone
    /// surrogate.
    /// </summary>
    public static bool TryUnescape(ReadOnlySpan<byte> escaped, Span<byte> destination, out int length)
    {
        length = 0;
        while (true)
        {
            int escape = escaped.IndexOf((byte)'\\');
            ReadOnlySpan<byte> plain = escape < 0 ? escaped : escaped[..escape];
            if (!plain.TryCopyTo(destination[length..])) return false;
            length += plain.Length;
            if (escape < 0) return true;

            escaped = escaped[(escape + 1)..];
            if (!TryReadEscape(ref escaped, out Rune rune) || !rune.TryEncodeToUtf8(destination[length..], out int bytes)) return false;
            length += bytes;
        }
    }

    /// <summary>
    /// Writes UTF-8 text as the content of a JSON string, and returns its length. Escapes only what JSON requires, in the shortest form, so that equal
    /// texts have equal bytes and no text becomes longer than a publisher could have written it. <paramref name="destination"/> must have room for
    /// <see cref="MaxExpansion"/> times the text.
    /// </summary>
    public static int Escape(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        int length = 0;
        while (true)
        {
            int special = text.IndexOfAny(MustEscape);
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

    /// <summary>Reads the escape after a backslash and advances past it. A surrogate pair is one escape.</summary>
    private static bool TryReadEscape(ref ReadOnlySpan<byte> escaped, out Rune rune)
    {
        byte kind = escaped[0];
        escaped = escaped[1..];
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

        char first = ReadHex(ref escaped);
        if (!char.IsHighSurrogate(first)) return Rune.TryCreate(first, out rune);
        rune = default;
        if (!escaped.StartsWith("\\u"u8)) return false;
        escaped = escaped[2..];
        return Rune.TryCreate(first, ReadHex(ref escaped), out rune);
    }

    private static char ReadHex(ref ReadOnlySpan<byte> escaped)
    {
        int value = 0;
        for (int i = 0; i < 4; i++)
        {
            int c = escaped[i] | 0x20;
            value = (value << 4) | (c <= '9' ? c - '0' : c - 'a' + 10);
        }

        escaped = escaped[4..];
        return (char)value;
    }
}
