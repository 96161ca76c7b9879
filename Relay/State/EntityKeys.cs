using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>Keys of two ids, for nodes and agents: the length of the first in two bytes, the first, the second; so no two pairs are the same key.</summary>
internal static class EntityKeys
{
    /// <summary>Longest key, in bytes.</summary>
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
}
