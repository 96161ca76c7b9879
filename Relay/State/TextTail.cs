namespace Cecelia.Relay.State;

/// <summary>The bounded tail of a text that grows, kept as it is written in JSON.</summary>
internal static class TextTail
{
    /// <summary>
    /// Appends a piece, the inside of a JSON string, to the member <c>text</c>, and its length to <c>text_bytes</c>. True when something had to be cut off
    /// the front, which happens only between characters.
    /// </summary>
    public static bool Append(JsonRecord json, ReadOnlySpan<byte> piece, int maxBytes)
    {
        json.Increase("text_bytes"u8, piece.Length);
        if (json.Get("text"u8).IsEmpty) json.Set("text"u8, "\"\""u8);
        ReadOnlySpan<byte> text = json.Get("text"u8)[1..^1];
        bool cut = text.Length + piece.Length > maxBytes;
        if (cut)
        {
            int kept = maxBytes / 4 * 3;
            int fromText = Math.Max(0, kept - piece.Length);
            json.Splice("text"u8, 1, Boundary(text, Math.Max(0, text.Length - fromText)), 0);
            if (piece.Length > kept) piece = piece[Boundary(piece, piece.Length - kept)..];
        }

        int end = json.Get("text"u8).Length - 1;
        piece.CopyTo(json.Splice("text"u8, end, 0, piece.Length));
        return cut;
    }

    /// <summary>
    /// The first place at or after <paramref name="at"/> where a character begins. Reads from the front: whether a backslash begins an escape cannot be
    /// told from the middle.
    /// </summary>
    public static int Boundary(ReadOnlySpan<byte> text, int at)
    {
        int i = 0;
        while (i < at)
        {
            int escape = text[i..at].IndexOf((byte)'\\');
            if (escape < 0)
            {
                i = at;
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
        bool isPair = IsSurrogate(escape, (byte)'8', (byte)'b') && escape.Length >= 12 && escape[6] == '\\' && escape[7] == 'u' && IsSurrogate(escape[6..], (byte)'c', (byte)'f');
        return isPair ? 12 : 6;
    }

    private static bool IsSurrogate(ReadOnlySpan<byte> escape, byte from, byte to) =>
        (escape[2] | 0x20) == 'd' && (byte)(escape[3] | (escape[3] > '9' ? 0x20 : 0)) is var digit && digit >= from && digit <= to;
}
