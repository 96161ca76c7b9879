namespace Cecelia.Relay.State;

/// <summary>The bounded tail of a growing text, stored as encoded in JSON.</summary>
internal static class TextTail
{
    /// <summary>
    /// Appends a piece, the content of a JSON string, to the member <c>text</c>, and adds its length to <c>text_bytes</c>. Returns true if the beginning of
    /// the text was removed, which is done only at a character boundary.
    /// </summary>
    public static bool Append(JsonRecord json, ReadOnlySpan<byte> piece, int maxBytes)
    {
        json.Increase("text_bytes"u8, piece.Length);
        if (json.Get("text"u8).IsEmpty) json.Set("text"u8, "\"\""u8);
        ReadOnlySpan<byte> text = json.Get("text"u8)[1..^1];
        bool isTruncated = text.Length + piece.Length > maxBytes;
        if (isTruncated)
        {
            int kept = maxBytes / 4 * 3;
            int fromText = Math.Max(0, kept - piece.Length);
            json.Splice("text"u8, 1, Boundary(text, Math.Max(0, text.Length - fromText)), 0);
            if (piece.Length > kept) piece = piece[Boundary(piece, piece.Length - kept)..];
        }

        int end = json.Get("text"u8).Length - 1;
        piece.CopyTo(json.Splice("text"u8, end, 0, piece.Length));
        return isTruncated;
    }

    /// <summary>
    /// Returns the first character boundary at or after <paramref name="minimum"/>. Scans from the beginning, since only that shows whether a backslash begins
    /// an escape.
    /// </summary>
    public static int Boundary(ReadOnlySpan<byte> text, int minimum)
    {
        int i = 0;
        while (i < minimum)
        {
            int escape = text[i..minimum].IndexOf((byte)'\\');
            if (escape < 0)
            {
                i = minimum;
                while (i < text.Length && (text[i] & 0xC0) == 0x80) i++;
                return i;
            }

            i += escape;
            i += EscapeLength(text[i..]);
        }

        return i;
    }

    private static int EscapeLength(ReadOnlySpan<byte> escape)
    {
        if (escape[1] != 'u') return 2;
        bool isPair = IsSurrogate(escape, (byte)'8', (byte)'b')
            && escape.Length >= 12
            && escape[6] == '\\'
            && escape[7] == 'u'
            && IsSurrogate(escape[6..], (byte)'c', (byte)'f');
        return isPair ? 12 : 6;
    }

    private static bool IsSurrogate(ReadOnlySpan<byte> escape, byte from, byte to) =>
        (escape[2] | 0x20) == 'd' && (byte)(escape[3] | (escape[3] > '9' ? 0x20 : 0)) is var digit && digit >= from && digit <= to;
}
