using System.Buffers.Binary;

namespace Cecelia.Relay.Journal;

/// <summary>
/// Computes a 64-bit hash of a message's bytes that is the same in every process and on every machine, unlike <see cref="HashCode"/>, since instances compare
/// positions by it. It multiplies to 128 bits and folds the halves, 16 bytes at a time. Not for cryptographic use.
/// </summary>
internal static class MessageHash
{
    private const ulong A = 0xA0761D6478BD642F;
    private const ulong B = 0xE7037ED1A0B428DB;

    /// <summary>Returns the hash of a message.</summary>
    public static ulong Of(ReadOnlySpan<byte> message)
    {
        ulong hash = Fold(A ^ (ulong)message.Length, B);
        while (message.Length > 16)
        {
            hash = Add(hash, message);
            message = message[16..];
        }

        Span<byte> rest = stackalloc byte[16];
        rest.Clear();
        message.CopyTo(rest);
        return Fold(Add(hash, rest) ^ A, B);
    }

    private static ulong Add(ulong hash, ReadOnlySpan<byte> sixteen) =>
        Fold(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(sixteen) ^ A, BinaryPrimitives.ReadUInt64LittleEndian(sixteen[8..]) ^ B) + hash;

    private static ulong Fold(ulong x, ulong y)
    {
        ulong high = Math.BigMul(x, y, out ulong low);
        return high ^ low;
    }
}
