using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Tests.Fanout;

public sealed class OutboundBufferTests
{
    private const long Kilobyte = 1024;
    private readonly SegmentPool _pool = new();

    [Fact]
    public void Empty_buffer_has_nothing_to_hold_and_ends_at_its_start()
    {
        OutboundBuffer buffer = Make();
        BufferOffset offset = buffer.End;

        Assert.Equal(0, buffer.Head);
        Assert.False(buffer.TryHold(ref offset, out _, out long missed));
        Assert.Equal(0, missed);
        Assert.Equal(0, buffer.Bytes);
    }

    [Fact]
    public void Frames_are_read_in_order_from_an_earlier_offset()
    {
        OutboundBuffer buffer = Make();
        BufferOffset offset = buffer.End;
        Append(buffer, 0, 1000);

        Assert.Equal(1000, ReadAll(buffer, ref offset, out long missed));

        Assert.Equal(0, missed);
        Assert.Equal(buffer.End, offset);
        Assert.Equal(1000, buffer.Head);
    }

    [Fact]
    public void Offset_at_the_end_sees_only_later_frames()
    {
        OutboundBuffer buffer = Make();
        Append(buffer, 0, 77);
        BufferOffset offset = buffer.End;
        Assert.Equal(77, offset.Frame);
        Append(buffer, 77, 5);

        Assert.Equal(5, ReadAll(buffer, ref offset, out _));
    }

    [Fact]
    public void Frame_larger_than_any_pooled_segment_gets_a_segment_of_its_own()
    {
        OutboundBuffer buffer = Make(bufferBytes: 8 * 1024 * Kilobyte);
        BufferOffset offset = buffer.End;
        buffer.Append(Filled.Frame(0, 20), 0, 0);
        buffer.Append(Filled.Frame(1, SegmentPool.LargestBytes + 1), 1, 0);
        buffer.Append(Filled.Frame(2, 20), 2, 0);

        Assert.Equal(3, ReadAll(buffer, ref offset, out long missed));

        Assert.Equal(0, missed);
    }

    [Theory]
    [InlineData(64, 65_536)]
    [InlineData(256, 65_536)]
    [InlineData(1000, 65_536)]
    [InlineData(8192, 65_536)]
    [InlineData(8192, 1000)]
    [InlineData(8192, 5000)]
    public void Buffer_stays_within_its_bounds_and_keeps_at_least_half_of_them(long kilobytes, int events)
    {
        OutboundBuffer buffer = Make(kilobytes * Kilobyte, events);
        BufferOffset start = buffer.End;
        for (int i = 0; i < 100_000; i++)
        {
            buffer.Append(Filled.Frame(i, 100 + (i % 50)), i, 0);
            if (buffer.Bytes > kilobytes * Kilobyte) Assert.Fail($"{buffer.Bytes} bytes are held after {i + 1} frames");
        }

        BufferOffset oldest = start;
        buffer.TryHold(ref oldest, out _, out long missed);
        long kept = buffer.Head - missed;
        Assert.InRange(kept, 1, events);
        Assert.True(kept >= events / 2 || kept * 125 >= kilobytes * Kilobyte / 2, $"only {kept} events are kept");
        Assert.Equal(buffer.Bytes, _pool.RentedBytes);
    }

    [Fact]
    public void Offset_before_the_tail_reports_the_exact_number_of_missed_frames()
    {
        OutboundBuffer buffer = Make(64 * Kilobyte);
        Append(buffer, 0, 10);
        BufferOffset offset = buffer.End;
        Append(buffer, 10, 5000);

        Assert.False(buffer.TryHold(ref offset, out _, out long missed));

        // All frames from the tail on are present; together with the missed ones they are what was appended.
        Assert.True(missed > 0);
        BufferOffset tail = offset with { Frame = offset.Frame + missed };
        Assert.Equal(5000 - missed, ReadAll(buffer, ref tail, out long missedMore));
        Assert.Equal(0, missedMore);
    }

    [Fact]
    public void Offset_at_the_end_of_an_evicted_segment_has_missed_nothing()
    {
        OutboundBuffer buffer = Make(64 * Kilobyte);
        int appended = 0;
        long segment = buffer.End.Segment;

        // Fills segments exactly until one is evicted; the offset follows the end of each.
        BufferOffset before = buffer.End;
        while (buffer.End.Segment < segment + 40)
        {
            if (buffer.End.Segment != before.Segment || appended == 0) before = buffer.End;
            buffer.Append(Filled.Frame(appended++, 512), appended - 1, 0);
        }

        BufferOffset offset = buffer.End;
        Append(buffer, appended, 50);
        Assert.Equal(50, ReadAll(buffer, ref offset, out long missed));
        Assert.Equal(0, missed);
    }

    [Fact]
    public void Trim_drops_by_age_and_reports_the_missed_frames()
    {
        OutboundBuffer buffer = Make(age: TimeSpan.FromSeconds(10));
        BufferOffset offset = buffer.End;
        Append(buffer, 0, 500, nowMs: 1_000);

        buffer.Trim(11_000);
        Assert.Equal(500, ReadAll(buffer, ref offset, out _));
        buffer.Trim(11_001);

        Assert.Equal(0, buffer.Bytes);
        Assert.Equal(0, _pool.RentedBytes);
        BufferOffset old = default;
        Assert.False(buffer.TryHold(ref old, out _, out long missed));
        Assert.Equal(500, missed);
        Assert.False(buffer.TryHold(ref offset, out _, out missed));
        Assert.Equal(0, missed);
        BufferOffset end = buffer.End;
        Append(buffer, 500, 3, nowMs: 20_000);
        Assert.Equal(3, ReadAll(buffer, ref offset, out _));
        Assert.Equal(3, ReadAll(buffer, ref end, out _));
    }

    [Fact]
    public void Clear_releases_all_memory()
    {
        OutboundBuffer buffer = Make();
        Append(buffer, 0, 10_000);

        buffer.Clear();

        Assert.Equal(0, buffer.Bytes);
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public void Held_segment_keeps_its_bytes_while_the_buffer_advances()
    {
        OutboundBuffer buffer = Make(64 * Kilobyte);
        BufferOffset offset = buffer.End;
        Append(buffer, 0, 20);
        Assert.True(buffer.TryHold(ref offset, out Segment? held, out _));
        (int end, int frames) = held.Committed;

        // Wraps around twenty times.
        Append(buffer, 20, 20_000);

        Assert.Equal(frames, Filled.Check(held.Read(0, end), 0));
        Assert.Equal(buffer.Bytes + held.Capacity, _pool.RentedBytes);
        held.Release();
        Assert.Equal(buffer.Bytes, _pool.RentedBytes);
    }

    [Fact]
    public void FrameAt_finds_the_frame_of_every_byte()
    {
        OutboundBuffer buffer = Make();
        BufferOffset offset = buffer.End;
        int[] lengths = [12, 13, 100, 12, 50];
        for (int i = 0; i < lengths.Length; i++) buffer.Append(Filled.Frame(i, lengths[i]), i, 0);
        Assert.True(buffer.TryHold(ref offset, out Segment? segment, out _));

        int start = 0;
        for (int i = 0; i < lengths.Length; i++)
        {
            for (int b = 0; b < lengths[i]; b++) Assert.Equal((start + lengths[i], i), segment.FrameAt(start + b));
            start += lengths[i];
        }

        segment.Release();
    }

    public static TheoryData<int> Seeds => TestLength.Seeds(3);

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Readers_at_any_pace_read_every_frame_or_count_it_as_missed(int seed)
    {
        const int Frames = 200_000;
        OutboundBuffer buffer = Make(128 * Kilobyte, 2000);
        using var together = new Barrier(4);
        using var underWay = new CountdownEvent(3);
        Task<(long Read, long Missed)>[] readers = [.. Enumerable.Range(0, 3).Select(reader =>
        {
            BufferOffset start = buffer.End;
            return Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait(TestTimeouts.Default);
                    return Read(buffer, start, Frames, new Random((seed * 10) + reader), lazy: reader, underWay);
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        })];
        var random = new Random(seed);
        together.SignalAndWait(TestTimeouts.Default);

        for (int i = 0; i < Frames; i++)
        {
            buffer.Append(Filled.Frame(i, random.Next(10, random.Next(50) == 0 ? 9000 : 120)), i, i);
            if (random.Next(5000) == 0) buffer.Trim(i + (long)buffer.Head);
            // On a busy machine a reader might not run before everything is written.
            if (i == 0) Assert.True(underWay.Wait(TestTimeouts.Default));
        }

        (long Read, long Missed)[] results = await Task.WhenAll(readers).Within();
        Assert.All(results, result => Assert.Equal(Frames, result.Read + result.Missed));
        Assert.True(results.Sum(result => result.Read) > 0);
        buffer.Clear();
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public void Offset_after_an_entry_is_found_where_entries_share_a_number_or_are_absent()
    {
        OutboundBuffer buffer = Make();
        long[] entries = [3, 3, 7, 20, 20, 20, 21];
        for (int i = 0; i < 2000; i++) buffer.Append(Filled.Frame(i, 100), (i / entries.Length * 30) + entries[i % entries.Length], 0);
        long last = (1999 / entries.Length * 30) + entries[1999 % entries.Length];

        for (long entry = -1; entry <= last + 5; entry++)
        {
            Assert.True(buffer.TryFind(entry, out BufferOffset offset));
            long expected = Enumerable.Range(0, 2000).TakeWhile(i => (i / entries.Length * 30) + entries[i % entries.Length] <= entry).Count();
            Assert.Equal(expected, offset.Frame);
            Assert.Equal(2000 - expected, ReadAll(buffer, ref offset, out _));
        }
    }

    [Fact]
    public void Prepended_frames_are_read_first()
    {
        OutboundBuffer buffer = Make(wholeFrom: 300);
        BufferOffset before = buffer.End;
        Append(buffer, 300, 100);
        BufferOffset after = buffer.End;

        Assert.False(buffer.TryFind(250, out _));
        Assert.True(buffer.TryPrepend(Run(200, 100), 200));
        Assert.True(buffer.TryPrepend(Run(0, 200), 0));
        Append(buffer, 400, 50);

        Assert.True(buffer.TryFind(9, out BufferOffset offset));
        Assert.Equal(440, ReadAll(buffer, ref offset, out long missed, first: 10));
        Assert.Equal(0, missed);
        Assert.Equal(150, ReadAll(buffer, ref before, out _, first: 300));
        Assert.Equal(50, ReadAll(buffer, ref after, out _, first: 400));
    }

    [Fact]
    public void Prepend_to_an_empty_buffer_does_not_move_its_end()
    {
        OutboundBuffer buffer = Make(wholeFrom: 500);
        BufferOffset end = buffer.End;

        Assert.True(buffer.TryPrepend(Run(400, 100), 400));

        Assert.Equal(0, ReadAll(buffer, ref end, out long missed));
        Assert.Equal(0, missed);
        Append(buffer, 500, 10);
        Assert.Equal(10, ReadAll(buffer, ref end, out _, first: 500));
        Assert.True(buffer.TryFind(449, out BufferOffset offset));
        Assert.Equal(60, ReadAll(buffer, ref offset, out _, first: 450));
    }

    [Fact]
    public void Prepend_is_refused_beyond_the_bounds_and_after_eviction()
    {
        OutboundBuffer full = Make(64 * Kilobyte, wholeFrom: 10_000);
        using FrameRun large = Run(0, 1000);
        Assert.False(full.TryPrepend(large, 0));

        OutboundBuffer dropped = Make(64 * Kilobyte, wholeFrom: 10_000);
        Append(dropped, 10_000, 2000);
        using FrameRun small = Run(9_990, 10);
        Assert.False(dropped.TryPrepend(small, 9_990));
        Assert.True(dropped.CompleteFrom > 10_000);
        Assert.False(dropped.TryFind(dropped.CompleteFrom - 2, out _));
        Assert.True(dropped.TryFind(dropped.CompleteFrom - 1, out BufferOffset offset));
        Assert.Equal(12_000 - dropped.CompleteFrom, ReadAll(dropped, ref offset, out _, first: (int)dropped.CompleteFrom));
    }

    private static (long Read, long Missed) Read(OutboundBuffer buffer, BufferOffset offset, int until, Random random, int lazy, CountdownEvent underWay)
    {
        long read = 0;
        long lost = 0;
        while (offset.Frame < until)
        {
            if (!buffer.TryHold(ref offset, out Segment? segment, out long missed))
            {
                if (missed == 0) continue;
                BufferOffset head = buffer.End;
                lost += head.Frame - offset.Frame;
                offset = head;
                continue;
            }

            // A slow reader holds its segment while the buffer wraps around.
            if (lazy > 0 && random.Next(4) == 0) Thread.SpinWait(random.Next(20_000 * lazy));
            (int end, int frames) = segment.Committed;
            int count = Filled.Check(segment.Read(offset.Offset, end), offset.Frame);
            offset = new BufferOffset(segment.Number, end, segment.FirstFrame + frames);
            if (read == 0) underWay.Signal();
            read += count;
            segment.Release();
        }

        return (read, lost);
    }

    /// <param name="buffer">Read to its end.</param>
    /// <param name="offset">The start; moved to the end.</param>
    /// <param name="missed">Number of evicted frames.</param>
    /// <param name="first">The number that the first frame was filled with; by default its number in the buffer.</param>
    private static long ReadAll(OutboundBuffer buffer, ref BufferOffset offset, out long missed, int first = -1)
    {
        long read = 0;
        while (buffer.TryHold(ref offset, out Segment? segment, out missed))
        {
            (int end, int frames) = segment.Committed;
            read += Filled.Check(segment.Read(offset.Offset, end), first < 0 ? offset.Frame : first + read);
            offset = new BufferOffset(segment.Number, end, segment.FirstFrame + frames);
            segment.Release();
        }

        return read;
    }

    private static void Append(OutboundBuffer buffer, int first, int count, long nowMs = 0)
    {
        for (int i = first; i < first + count; i++) buffer.Append(Filled.Frame(i, 64 + (i % 100)), i, nowMs);
    }

    private FrameRun Run(int first, int count)
    {
        var run = new FrameRun(_pool);
        for (int i = first; i < first + count; i++) run.Append(Filled.Frame(i, 64 + (i % 100)), i, 0);
        return run;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(77)]
    public void Frame_that_was_not_appended_is_missed_by_every_reader_and_later_frames_are_read(int before)
    {
        OutboundBuffer buffer = Make();
        BufferOffset start = buffer.End;
        Append(buffer, 0, before);
        BufferOffset end = buffer.End;

        buffer.MarkLost(entry: before);

        Assert.Equal(before + 1, buffer.Head);
        Assert.Equal(0, buffer.Bytes);
        Assert.Equal(0, ReadAll(buffer, ref end, out long missedByLevel));
        Assert.Equal(1, missedByLevel);
        Assert.Equal(0, ReadAll(buffer, ref start, out long missedByLate));
        Assert.Equal(before + 1, missedByLate);
        // Positions before the lost frame cannot be resumed from.
        Assert.False(buffer.TryFind(before - 1, out _));
        BufferOffset next = buffer.End;
        Append(buffer, before + 1, 500);
        Assert.Equal(500, ReadAll(buffer, ref next, out long missed));
        Assert.Equal(0, missed);
    }

    private OutboundBuffer Make(long bufferBytes = 1024 * Kilobyte, int events = 65_536, TimeSpan age = default, long wholeFrom = 0) =>
        new(new FanoutOptions { BufferBytes = bufferBytes, BufferEvents = events, BufferAge = age }, _pool, wholeFrom);
}
