using System.Buffers;

namespace Cecelia.Relay.Events;

/// <summary>Reads ids from an event's data that the decoder does not know.</summary>
internal static class DataText
{
    private static readonly SearchValues<byte> Digits = SearchValues.Create("-0123456789"u8);

    /// <summary>
    /// The text of a string, or the digits of an integer, unescaped into <paramref name="buffer"/> where it must be; empty for anything else, and for
    /// what is longer than <see cref="EventLimits.KeyBytes"/>.
    /// </summary>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> value, Span<byte> buffer)
    {
        if (value.IsEmpty) return default;
        if (value[0] != '"')
        {
            bool isInteger = value.Length <= EventLimits.KeyBytes && !value.ContainsAnyExcept(Digits);
            return isInteger ? value : default;
        }

        ReadOnlySpan<byte> inside = value[1..^1];
        if (!inside.Contains((byte)'\\')) return inside.Length <= EventLimits.KeyBytes ? inside : default;
        return JsonText.TryUnescape(inside, buffer[..EventLimits.KeyBytes], out int length) ? buffer[..length] : default;
    }

    /// <summary>The first of these members that is an id; empty when none is.</summary>
    public static ReadOnlySpan<byte> First(ReadOnlySpan<byte> data, ReadOnlySpan<byte> name, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, Span<byte> buffer)
    {
        ReadOnlySpan<byte> id = Of(JsonMembers.Find(data, name), buffer);
        if (id.IsEmpty) id = Of(JsonMembers.Find(data, second), buffer);
        return id.IsEmpty ? Of(JsonMembers.Find(data, third), buffer) : id;
    }
}
