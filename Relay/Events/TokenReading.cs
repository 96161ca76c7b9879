using System.Text.Json;

namespace Cecelia.Relay.Events;

/// <summary>What envelope and data are read with: one value at a time from the reader, without allocating or throwing.</summary>
internal static class TokenReading
{
    /// <summary>The value the reader stands on, as written.</summary>
    public static Slice Raw(ref this Utf8JsonReader reader) => new((int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex));

    /// <summary>True for a number without fraction and exponent, of any size.</summary>
    public static bool IsInteger(ref this Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.ValueSpan.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0;

    /// <summary>True for an integer from 0 to 2^63-1.</summary>
    public static bool TryCount(ref this Utf8JsonReader reader, out long count)
    {
        count = -1;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out count) && count >= 0;
    }

    /// <summary>
    /// The text of the string or number the reader stands on, unescaped into <paramref name="place"/> of the scratch when it must be. False
    /// when it is longer than <paramref name="limit"/> or holds half a surrogate pair.
    /// </summary>
    public static bool TryText(ref this Utf8JsonReader reader, DecodedEvent into, int place, int limit, out TextSlice text)
    {
        text = default;
        ReadOnlySpan<byte> written = reader.ValueSpan;
        if (reader.TokenType == JsonTokenType.String && reader.ValueIsEscaped)
        {
            if (!JsonText.TryUnescape(written, into.ScratchBytes.Slice(place, limit), out int length)) return false;
            text = new TextSlice(place, length, InScratch: true);
            return true;
        }

        if (written.Length > limit) return false;
        int quote = reader.TokenType == JsonTokenType.String ? 1 : 0;
        text = new TextSlice((int)reader.TokenStartIndex + quote, written.Length, InScratch: false);
        return true;
    }

    /// <summary>
    /// The reader's property name or string unescaped, for comparing with short known words: an escaped one that does not fit in
    /// <paramref name="buffer"/> is empty, so none of them.
    /// </summary>
    public static ReadOnlySpan<byte> Word(in this Utf8JsonReader reader, Span<byte> buffer)
    {
        if (!reader.ValueIsEscaped) return reader.ValueSpan;
        return JsonText.TryUnescape(reader.ValueSpan, buffer, out int length) ? buffer[..length] : [];
    }

    /// <summary>Moves to the last token of the value the reader stands on; false when it is nested too deep.</summary>
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
