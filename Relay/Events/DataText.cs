using System.Buffers;

namespace Cecelia.Relay.Events;

/// <summary>Reads ids from an event's data that the decoder does not extract.</summary>
internal static class DataText
{
    private static readonly SearchValues<byte> Digits = SearchValues.Create("-0123456789"u8);

    /// <summary>
    /// Returns the text of a string or the digits of an integer. Escaped text is unescaped into <paramref name="buffer"/>. Returns an empty span for any
    /// other value and for text longer than <see cref="EventLimits.KeyBytes"/>.
    /// </summary>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> value, Span<byte> buffer)
    {
        if (value.IsEmpty) return default;
        if (value[0] != '"')
        {
            bool isInteger = value.Length <= EventLimits.KeyBytes && !value.ContainsAnyExcept(Digits);
            return isInteger ? value : default;
        }

        ReadOnlySpan<byte> escaped = value[1..^1];
        if (!escaped.Contains((byte)'\\')) return escaped.Length <= EventLimits.KeyBytes ? escaped : default;
        return JsonText.TryUnescape(escaped, buffer[..EventLimits.KeyBytes], out int length) ? buffer[..length] : default;
    }

    /// <summary>Returns the value of the first of these members that is an id, or an empty span.</summary>
    public static ReadOnlySpan<byte> First(
        ReadOnlySpan<byte> data,
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> second,
        ReadOnlySpan<byte> third,
        Span<byte> buffer)
    {
        ReadOnlySpan<byte> id = Of(JsonMembers.Find(data, name), buffer);
        if (id.IsEmpty) id = Of(JsonMembers.Find(data, second), buffer);
        return id.IsEmpty ? Of(JsonMembers.Find(data, third), buffer) : id;
    }
}
