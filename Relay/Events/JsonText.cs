using System.Text;

namespace Cecelia.Relay.Events;

/// <summary>
/// Unescapes JSON strings without allocating. The framework's own way throws on half a surrogate pair (<c>"\ud800"</c>), which a publisher may
/// well send; here that is an answer.
/// </summary>
internal static class JsonText
{
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
