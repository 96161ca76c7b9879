using System.Buffers;
using System.IO.Compression;

namespace Cecelia.Relay.Connections;

/// <summary>Decompresses one message of a client (permessage-deflate, RFC 7692 §7.2.2) and limits its size while it decompresses.</summary>
internal static class Inflate
{
    // The bytes that the sender removed from the end, followed by an empty final block that ends the stream.
    private static readonly byte[] Tail = [0x00, 0x00, 0xFF, 0xFF, 0x03, 0x00];

    /// <summary>
    /// Decompresses a message into an array of the shared pool, which the caller returns in any case. Returns <see cref="CloseReason.None"/>, or the error:
    /// larger than <paramref name="maxBytes"/> (decompression stops there, so a decompression bomb has no effect), or not a deflate stream.
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
