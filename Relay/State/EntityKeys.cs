using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// Keys made of two ids, for nodes and agents: the length of the first id in two bytes, the first id, the second id. Different pairs have different keys.
/// </summary>
internal static class EntityKeys
{
    /// <summary>Maximum length of a key in bytes.</summary>
    public const int MaxLength = 2 + (2 * EventLimits.KeyBytes);

    /// <summary>Writes the key and returns its length. Each id is at most <see cref="EventLimits.KeyBytes"/> long.</summary>
    public static int Write(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> destination)
    {
        destination[0] = (byte)(first.Length >> 8);
        destination[1] = (byte)first.Length;
        first.CopyTo(destination[2..]);
        second.CopyTo(destination[(2 + first.Length)..]);
        return 2 + first.Length + second.Length;
    }

    /// <summary>Reads a key that <see cref="Write"/> wrote.</summary>
    public static void Read(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
    {
        int length = (key[0] << 8) + key[1];
        first = key.Slice(2, length);
        second = key[(2 + length)..];
    }
}
