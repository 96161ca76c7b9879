using System.Buffers;
using System.IO.Compression;

namespace Cecelia.Relay.Connections;

/// <summary>Undoes permessage-deflate on one message from a client (RFC 7692 §7.2.2), counting what comes out while it comes.</summary>
internal static class Inflate
{
    // What the sender took off the end, and then an empty last block so that the stream ends.
    private static readonly byte[] Tail = [0x00, 0x00, 0xFF, 0xFF, 0x03, 0x00];

    /// <summary>
    /// The message, in an array rented from the shared pool that the caller gives back; or why it cannot be had: larger than
    /// <paramref name="maxBytes"/> (a bomb stops there, whatever it would grow to), or not a deflate stream.
    /// </summary>
    public static CloseReason TryMessage(ReadOnlySpan<byte> compressed, int maxBytes, out byte[] message, out int length)
    {
        byte[] input = ArrayPool<byte>.Shared.Rent(compressed.Length + Tail.Length);
        compressed.CopyTo(input);
        Tail.CopyTo(input, compressed.Length);
        message = ArrayPool<byte>.Shared.Rent(Math.Min(maxBytes + 1, Math.Max(256, compressed.Length * 4)));
        length = 0;
        try
        {
            using var source = new MemoryStream(input, 0, compressed.Length + Tail.Length, writable: false);
            using var inflater = new DeflateStream(source, CompressionMode.Decompress);
            while (true)
            {
                int read = inflater.Read(message, length, Math.Min(message.Length, maxBytes + 1) - length);
                if (read == 0) return CloseReason.None;
                length += read;
                if (length > maxBytes) return CloseReason.MessageTooLarge;
                if (length == message.Length) Grow(ref message, length);
            }
        }
        catch (InvalidDataException)
        {
            return CloseReason.BadCompression;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(input);
        }
    }

    private static void Grow(ref byte[] message, int length)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(length * 2);
        message.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(message);
        message = larger;
    }
}
