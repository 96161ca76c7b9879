using System.Text.Json;

namespace Cecelia.Relay.Events;

/// <summary>Extensions that read single JSON values without allocating or throwing.</summary>
internal static class TokenReading
{
    /// <summary>Returns the current value as written.</summary>
    public static Slice Raw(ref this Utf8JsonReader reader) => new((int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex));

    /// <summary>Returns whether the current value is a number without fraction and exponent, of any size.</summary>
    public static bool IsInteger(ref this Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.ValueSpan.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0;

    /// <summary>Reads an integer from 0 to 2^63-1. Returns false for any other value.</summary>
    public static bool TryCount(ref this Utf8JsonReader reader, out long count)
    {
        count = -1;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out count) && count >= 0;
    }

    /// <summary>
    /// Reads the text of the current string or number. Escaped text is unescaped into the scratch buffer at <paramref name="scratchOffset"/>. Returns false
    /// if it is longer than <paramref name="limit"/> or contains a lone surrogate.
    /// </summary>
    public static bool TryText(ref this Utf8JsonReader reader, DecodedEvent decoded, int scratchOffset, int limit, out TextSlice text)
    {
        text = default;
        ReadOnlySpan<byte> raw = reader.ValueSpan;
        if (reader.TokenType == JsonTokenType.String && reader.ValueIsEscaped)
        {
            if (!JsonText.TryUnescape(raw, decoded.ScratchBytes.Slice(scratchOffset, limit), out int length)) return false;
            text = new TextSlice(scratchOffset, length, InScratch: true);
            return true;
        }

        if (raw.Length > limit) return false;
        int quote = reader.TokenType == JsonTokenType.String ? 1 : 0;
        text = new TextSlice((int)reader.TokenStartIndex + quote, raw.Length, InScratch: false);
        return true;
    }

    /// <summary>
    /// Returns the current property name or string, unescaped, for comparison with short known names. Escaped text that does not fit in
    /// <paramref name="buffer"/> is returned as empty, which equals none of them.
    /// </summary>
    public static ReadOnlySpan<byte> ShortText(in this Utf8JsonReader reader, Span<byte> buffer)
    {
        if (!reader.ValueIsEscaped) return reader.ValueSpan;
        return JsonText.TryUnescape(reader.ValueSpan, buffer, out int length) ? buffer[..length] : [];
    }

    /// <summary>Advances to the last token of the current value. Returns false if it is nested too deeply.</summary>
    public static bool TrySkip(ref this Utf8JsonReader reader, int maxDepth)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) return true;
        int depth = reader.CurrentDepth;
        do
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= maxDepth) return false;
            reader.Read();
        }
        while (reader.CurrentDepth > depth);
        return true;
    }
}
