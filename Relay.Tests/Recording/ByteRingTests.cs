using System.Buffers.Binary;
using Cecelia.Relay.Recording;

namespace Cecelia.Relay.Tests.Recording;

/// <summary>Records of different lengths in a ring: whole, in order, and the newest ones, also while they are being overwritten.</summary>
public sealed class ByteRingTests
{
    [Fact]
    public void Records_are_read_in_order_until_the_oldest_are_dropped()
    {
        var ring = new ByteRing(ByteRing.MinBytes);
        for (long number = 0; number < 100; number++) Write(ring, number);
        Assert.False(ring.HasDropped);
        Assert.Equal(Enumerable.Range(0, 100).Select(number => (long)number), ReadAll(ring));

        for (long number = 100; number < 5000; number++) Write(ring, number);

        Assert.True(ring.HasDropped);
        List<long> kept = ReadAll(ring);
        Assert.Equal(4999, kept[^1]);
        Assert.Equal(Enumerable.Range((int)kept[0], kept.Count).Select(number => (long)number), kept);
        // Nearly all of the memory is used: 64 bytes on average, and a 64th may be free.
        Assert.InRange(kept.Count, ByteRing.MinBytes / 200, ByteRing.MinBytes / 16);
    }

    [Fact]
    public void Record_of_the_maximum_length_fits_at_every_offset()
    {
        var ring = new ByteRing(ByteRing.MinBytes);
        for (int i = 0; i < 400; i++)
        {
            ring.Begin(i % 97).Fill(1);
            ring.Commit();
            ring.Begin(ByteRing.MaxRecordBytes).Fill(2);
            ring.Commit();
        }

        byte[] into = new byte[ByteRing.MaxRecordBytes];
        for (long position = 0; ring.TryRead(ref position, into, out int length);)
        {
            Assert.True(into.AsSpan(0, length).IndexOfAnyExcept((byte)(length == ByteRing.MaxRecordBytes ? 2 : 1)) < 0);
        }
    }

    [Fact]
    public async Task Reader_gets_whole_records_in_order_while_the_writer_overwrites_them()
    {
        var ring = new ByteRing(ByteRing.MinBytes);
        int rounds = 200 * TestLength.Factor;
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(() =>
        {
            for (long number = 0; !stop.IsCancellationRequested; number++) Write(ring, number);
        });
        try
        {
            await Eventually.TrueAsync(() => ring.HasDropped);
            long before = -1;
            for (int i = 0; i < rounds; i++)
            {
                List<long> read = ReadAll(ring, 500);
                for (int one = 1; one < read.Count; one++) Assert.True(read[one] > read[one - 1]);
                if (read.Count == 0) continue;
                Assert.True(read[^1] >= before);
                before = read[^1];
            }
        }
        finally
        {
            await stop.CancelAsync();
            await writer;
        }
    }

    /// <summary>Writes a record that repeats its number, so that a mixed one is detected.</summary>
    private static void Write(ByteRing ring, long number)
    {
        int longs = 1 + (int)(number * 7 % 15);
        Span<byte> record = ring.Begin(longs * sizeof(long));
        for (int i = 0; i < longs; i++) BinaryPrimitives.WriteInt64LittleEndian(record[(i * sizeof(long))..], number);
        ring.Commit();
    }

    private static List<long> ReadAll(ByteRing ring, int max = int.MaxValue)
    {
        var numbers = new List<long>();
        byte[] into = new byte[ByteRing.MaxRecordBytes];
        for (long position = 0; numbers.Count < max && ring.TryRead(ref position, into, out int length);)
        {
            long number = BinaryPrimitives.ReadInt64LittleEndian(into);
            Assert.Equal((1 + (int)(number * 7 % 15)) * sizeof(long), length);
            for (int at = 0; at < length; at += sizeof(long)) Assert.Equal(number, BinaryPrimitives.ReadInt64LittleEndian(into.AsSpan(at)));
            numbers.Add(number);
        }

        return numbers;
    }
}
