using System.Buffers.Binary;
using System.IO.Compression;
using Cecelia.Relay.Minutes;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Recovery;

/// <summary>
/// The part of a handoff that has the minutes, after the compressed rest. An instance of an earlier version stops reading where that ends, and this version
/// reads a handoff without this part, so that instances of both versions continue from each other.
/// </summary>
/// <remarks>
/// The part is a compressed copy of the minutes (<see cref="MinuteFile"/>), its length in four bytes (little endian), and <see cref="Tag"/>.
/// </remarks>
internal static class HandoffMinutes
{
    private static ReadOnlySpan<byte> Tag => "minutes-1\n"u8;

    private static int EndBytes => sizeof(int) + Tag.Length;

    /// <summary>Compresses a copy of the minutes.</summary>
    public static byte[] Compress(MinuteCopy minutes)
    {
        using var output = new MemoryStream();
        using (var writer = new BinaryWriter(new BufferedStream(new ZLibStream(output, CompressionLevel.Fastest, leaveOpen: true))))
        {
            MinuteFile.Write(writer, minutes);
        }

        int length = checked((int)output.Length);
        Span<byte> end = stackalloc byte[EndBytes];
        BinaryPrimitives.WriteInt32LittleEndian(end, length);
        Tag.CopyTo(end[sizeof(int)..]);
        output.Write(end);
        return output.ToArray();
    }

    /// <summary>Reads the part that ends where the content of a handoff ends.</summary>
    /// <param name="pieces">The handoff.</param>
    /// <param name="begin">The beginning of its content.</param>
    /// <param name="end">The end of its content.</param>
    /// <param name="length">Length of the part; 0 if there is none.</param>
    /// <returns>The minutes. They are empty, with the reason, if there are none or they cannot be read: the state is worth more than they are.</returns>
    public static MinuteTable Read(IReadOnlyList<ReadOnlyMemory<byte>> pieces, long begin, long end, out long length)
    {
        length = 0;
        Span<byte> last = stackalloc byte[EndBytes];
        if (end - begin < EndBytes) return new MinuteTable(MinutesStart.NotHandedOver);
        new PieceReader(pieces, end - EndBytes, EndBytes).ReadExactly(last);
        if (!last[sizeof(int)..].SequenceEqual(Tag)) return new MinuteTable(MinutesStart.NotHandedOver);
        int compressed = BinaryPrimitives.ReadInt32LittleEndian(last);
        if (compressed < 0 || compressed > end - begin - EndBytes) return new MinuteTable(MinutesStart.Unreadable);
        length = compressed + EndBytes;
        try
        {
            using var reader = new BinaryReader(new ZLibStream(new PieceReader(pieces, end - length, compressed), CompressionMode.Decompress));
            MinuteCopy copy = MinuteFile.Read(reader);
            // Reading to the end also verifies the checksum.
            if (reader.BaseStream.ReadByte() >= 0) throw new InvalidDataException("there are trailing bytes");
            return MinuteTable.From(copy);
        }
        catch (Exception broken) when (broken is InvalidDataException or EndOfStreamException or IOException or FormatException)
        {
            return new MinuteTable(MinutesStart.Unreadable);
        }
    }
}
