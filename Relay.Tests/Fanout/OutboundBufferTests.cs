using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Tests.Fanout;

public sealed class OutboundBufferTests
{
    private const long Kilobyte = 1024;
    private readonly SegmentPool _pool = new();

    [Fact]
    public void Log_when_empty_has_nothing_to_hold_and_ends_at_its_start()
    {
        OutboundBuffer log = Make();
        BufferOffset position = log.End;

        Assert.Equal(0, log.Head);
        Assert.False(log.TryHold(ref position, out _, out long missed));
        Assert.Equal(0, missed);
        Assert.Equal(0, log.Bytes);
    }

    [Fact]
    public void Frames_are_read_back_in_order_from_a_position_taken_before_them()
    {
        OutboundBuffer log = Make();
        BufferOffset position = log.End;
        Append(log, 0, 1000);

        Assert.Equal(1000, ReadAll(log, ref position, out long missed));

        Assert.Equal(0, missed);
        Assert.Equal(log.End, position);
        Assert.Equal(1000, log.Head);
    }

    [Fact]
    public void Position_at_the_end_sees_only_what_is_appended_later()
    {
        OutboundBuffer log = Make();
        Append(log, 0, 77);
        BufferOffset position = log.End;
        Assert.Equal(77, position.Frame);
        Append(log, 77, 5);

        Assert.Equal(5, ReadAll(log, ref position, out _));
    }

    [Fact]
    public void Frame_larger_than_any_pooled_segment_gets_one_of_its_own_between_its_neighbours()
    {
        OutboundBuffer log = Make(logBytes: 8 * 1024 * Kilobyte);
        BufferOffset position = log.End;
        log.Append(Filled.Frame(0, 20), 0, 0);
        log.Append(Filled.Frame(1, SegmentPool.LargestBytes + 1), 1, 0);
        log.Append(Filled.Frame(2, 20), 2, 0);

        Assert.Equal(3, ReadAll(log, ref position, out long missed));

        Assert.Equal(0, missed);
    }

    [Theory]
    [InlineData(64, 65_536)]
    [InlineData(256, 65_536)]
    [InlineData(1000, 65_536)]
    [InlineData(8192, 65_536)]
    [InlineData(8192, 1000)]
    [InlineData(8192, 5000)]
    public void Log_keeps_to_its_bounds_and_keeps_at_least_half_of_them(long kilobytes, int events)
    {
        OutboundBuffer log = Make(kilobytes * Kilobyte, events);
        BufferOffset start = log.End;
        for (int i = 0; i < 100_000; i++)
        {
            log.Append(Filled.Frame(i, 100 + (i % 50)), i, 0);
            if (log.Bytes > kilobytes * Kilobyte) Assert.Fail($"{log.Bytes} bytes are held after {i + 1} frames");
        }

        BufferOffset oldest = start;
        log.TryHold(ref oldest, out _, out long missed);
        long kept = log.Head - missed;
        Assert.InRange(kept, 1, events);
        Assert.True(kept >= events / 2 || kept * 125 >= kilobytes * Kilobyte / 2, $"only {kept} events are kept");
        Assert.Equal(log.Bytes, _pool.RentedBytes);
    }

    [Fact]
    public void Position_behind_the_tail_learns_exactly_how_many_frames_it_missed()
    {
        OutboundBuffer log = Make(64 * Kilobyte);
        Append(log, 0, 10);
        BufferOffset position = log.End;
        Append(log, 10, 5000);

        Assert.False(log.TryHold(ref position, out _, out long missed));

        // Where it goes on at the tail, all that is left is there; together that is what was appended.
        Assert.True(missed > 0);
        BufferOffset tail = position with { Frame = position.Frame + missed };
        Assert.Equal(5000 - missed, ReadAll(log, ref tail, out long missedMore));
        Assert.Equal(0, missedMore);
    }

    [Fact]
    public void Position_at_the_very_end_of_a_segment_that_left_has_missed_nothing()
    {
        OutboundBuffer log = Make(64 * Kilobyte);
        int appended = 0;
        long segment = log.End.Segment;

        // Fills segments exactly until one leaves; the position goes along with the end of each.
        BufferOffset before = log.End;
        while (log.End.Segment < segment + 40)
        {
            if (log.End.Segment != before.Segment || appended == 0) before = log.End;
            log.Append(Filled.Frame(appended++, 512), appended - 1, 0);
        }

        BufferOffset position = log.End;
        Append(log, appended, 50);
        Assert.Equal(50, ReadAll(log, ref position, out long missed));
        Assert.Equal(0, missed);
    }

    [Fact]
    public void Trim_drops_by_age_and_says_what_was_missed()
    {
        OutboundBuffer log = Make(age: TimeSpan.FromSeconds(10));
        BufferOffset position = log.End;
        Append(log, 0, 500, nowMs: 1_000);

        log.Trim(11_000);
        Assert.Equal(500, ReadAll(log, ref position, out _));
        log.Trim(11_001);

        Assert.Equal(0, log.Bytes);
        Assert.Equal(0, _pool.RentedBytes);
        BufferOffset old = default;
        Assert.False(log.TryHold(ref old, out _, out long missed));
        Assert.Equal(500, missed);
        Assert.False(log.TryHold(ref position, out _, out missed));
        Assert.Equal(0, missed);
        BufferOffset end = log.End;
        Append(log, 500, 3, nowMs: 20_000);
        Assert.Equal(3, ReadAll(log, ref position, out _));
        Assert.Equal(3, ReadAll(log, ref end, out _));
    }

    [Fact]
    public void Clear_gives_all_memory_back()
    {
        OutboundBuffer log = Make();
        Append(log, 0, 10_000);

        log.Clear();

        Assert.Equal(0, log.Bytes);
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public void Segment_that_is_held_keeps_its_bytes_while_the_log_moves_on()
    {
        OutboundBuffer log = Make(64 * Kilobyte);
        BufferOffset position = log.End;
        Append(log, 0, 20);
        Assert.True(log.TryHold(ref position, out Segment? held, out _));
        (int end, int frames) = held.Committed;

        // Twenty times round.
        Append(log, 20, 20_000);

        Assert.Equal(frames, Filled.Check(held.Read(0, end), 0));
        Assert.Equal(log.Bytes + held.Capacity, _pool.RentedBytes);
        held.Release();
        Assert.Equal(log.Bytes, _pool.RentedBytes);
    }

    [Fact]
    public void Frame_at_finds_the_frame_of_every_byte()
    {
        OutboundBuffer log = Make();
        BufferOffset position = log.End;
        int[] lengths = [12, 13, 100, 12, 50];
        for (int i = 0; i < lengths.Length; i++) log.Append(Filled.Frame(i, lengths[i]), i, 0);
        Assert.True(log.TryHold(ref position, out Segment? segment, out _));

        int offset = 0;
        for (int i = 0; i < lengths.Length; i++)
        {
            for (int b = 0; b < lengths[i]; b++) Assert.Equal((offset + lengths[i], i), segment.FrameAt(offset + b));
            offset += lengths[i];
        }

        segment.Release();
    }

    public static TheoryData<int> Seeds => TestLength.Seeds(3);

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Readers_at_any_pace_read_every_frame_whole_or_count_it_as_missed(int seed)
    {
        const int Frames = 200_000;
        OutboundBuffer log = Make(128 * Kilobyte, 2000);
        using var together = new Barrier(4);
        using var underWay = new CountdownEvent(3);
        Task<(long Read, long Missed)>[] readers = [.. Enumerable.Range(0, 3).Select(reader =>
        {
            BufferOffset start = log.End;
            return Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait(Patience.Limit);
                    return Read(log, start, Frames, new Random((seed * 10) + reader), lazy: reader, underWay);
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        })];
        var random = new Random(seed);
        together.SignalAndWait(Patience.Limit);

        for (int i = 0; i < Frames; i++)
        {
            log.Append(Filled.Frame(i, random.Next(10, random.Next(50) == 0 ? 9000 : 120)), i, i);
            if (random.Next(5000) == 0) log.Trim(i + (long)log.Head);
            // A busy machine might not run a reader before all is written.
            if (i == 0) Assert.True(underWay.Wait(Patience.Limit));
        }

        (long Read, long Missed)[] results = await Task.WhenAll(readers).Within();
        Assert.All(results, result => Assert.Equal(Frames, result.Read + result.Missed));
        Assert.True(results.Sum(result => result.Read) > 0);
        log.Clear();
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public void Position_behind_an_entry_is_found_also_where_entries_share_a_number_or_were_not_wanted()
    {
        OutboundBuffer log = Make();
        long[] entries = [3, 3, 7, 20, 20, 20, 21];
        for (int i = 0; i < 2000; i++) log.Append(Filled.Frame(i, 100), (i / entries.Length * 30) + entries[i % entries.Length], 0);
        long last = (1999 / entries.Length * 30) + entries[1999 % entries.Length];

        for (long entry = -1; entry <= last + 5; entry++)
        {
            Assert.True(log.TryFind(entry, out BufferOffset position));
            long expected = Enumerable.Range(0, 2000).TakeWhile(i => (i / entries.Length * 30) + entries[i % entries.Length] <= entry).Count();
            Assert.Equal(expected, position.Frame);
            Assert.Equal(2000 - expected, ReadAll(log, ref position, out _));
        }
    }

    [Fact]
    public void Prepended_frames_are_read_before_those_that_were_there()
    {
        OutboundBuffer log = Make(wholeFrom: 300);
        BufferOffset before = log.End;
        Append(log, 300, 100);
        BufferOffset after = log.End;

        Assert.False(log.TryFind(250, out _));
        Assert.True(log.TryPrepend(Run(200, 100), 200));
        Assert.True(log.TryPrepend(Run(0, 200), 0));
        Append(log, 400, 50);

        Assert.True(log.TryFind(9, out BufferOffset position));
        Assert.Equal(440, ReadAll(log, ref position, out long missed, first: 10));
        Assert.Equal(0, missed);
        Assert.Equal(150, ReadAll(log, ref before, out _, first: 300));
        Assert.Equal(50, ReadAll(log, ref after, out _, first: 400));
    }

    [Fact]
    public void Prepend_to_an_empty_log_leaves_its_end_where_it_was()
    {
        OutboundBuffer log = Make(wholeFrom: 500);
        BufferOffset end = log.End;

        Assert.True(log.TryPrepend(Run(400, 100), 400));

        Assert.Equal(0, ReadAll(log, ref end, out long missed));
        Assert.Equal(0, missed);
        Append(log, 500, 10);
        Assert.Equal(10, ReadAll(log, ref end, out _, first: 500));
        Assert.True(log.TryFind(449, out BufferOffset position));
        Assert.Equal(60, ReadAll(log, ref position, out _, first: 450));
    }

    [Fact]
    public void Prepend_is_refused_past_the_bounds_and_after_frames_have_fallen_off()
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
        Assert.True(dropped.TryFind(dropped.CompleteFrom - 1, out BufferOffset position));
        Assert.Equal(12_000 - dropped.CompleteFrom, ReadAll(dropped, ref position, out _, first: (int)dropped.CompleteFrom));
    }

    private static (long Read, long Missed) Read(OutboundBuffer log, BufferOffset position, int until, Random random, int lazy, CountdownEvent underWay)
    {
        long read = 0;
        long lost = 0;
        while (position.Frame < until)
        {
            if (!log.TryHold(ref position, out Segment? segment, out long missed))
            {
                if (missed == 0) continue;
                BufferOffset head = log.End;
                lost += head.Frame - position.Frame;
                position = head;
                continue;
            }

            // One that is lazy holds on to what it got while the log goes round.
            if (lazy > 0 && random.Next(4) == 0) Thread.SpinWait(random.Next(20_000 * lazy));
            (int end, int frames) = segment.Committed;
            int count = Filled.Check(segment.Read(position.Offset, end), position.Frame);
            position = new BufferOffset(segment.Number, end, segment.FirstFrame + frames);
            if (read == 0) underWay.Signal();
            read += count;
            segment.Release();
        }

        return (read, lost);
    }

    /// <param name="log">Read to its end.</param>
    /// <param name="position">From here; moved to the end.</param>
    /// <param name="missed">What had fallen off.</param>
    /// <param name="first">The number that the first frame was filled with; its number in the log if it is not given.</param>
    private static long ReadAll(OutboundBuffer log, ref BufferOffset position, out long missed, int first = -1)
    {
        long read = 0;
        while (log.TryHold(ref position, out Segment? segment, out missed))
        {
            (int end, int frames) = segment.Committed;
            read += Filled.Check(segment.Read(position.Offset, end), first < 0 ? position.Frame : first + read);
            position = new BufferOffset(segment.Number, end, segment.FirstFrame + frames);
            segment.Release();
        }

        return read;
    }

    private static void Append(OutboundBuffer log, int first, int count, long nowMs = 0)
    {
        for (int i = first; i < first + count; i++) log.Append(Filled.Frame(i, 64 + (i % 100)), i, nowMs);
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
    public void Frame_that_could_not_be_appended_is_missed_by_every_reader_and_later_ones_are_read(int before)
    {
        OutboundBuffer log = Make();
        BufferOffset start = log.End;
        Append(log, 0, before);
        BufferOffset end = log.End;

        log.MarkLost(entry: before);

        Assert.Equal(before + 1, log.Head);
        Assert.Equal(0, log.Bytes);
        Assert.Equal(0, ReadAll(log, ref end, out long missedByLevel));
        Assert.Equal(1, missedByLevel);
        Assert.Equal(0, ReadAll(log, ref start, out long missedByLate));
        Assert.Equal(before + 1, missedByLate);
        // Nobody resumes across it.
        Assert.False(log.TryFind(before - 1, out _));
        BufferOffset next = log.End;
        Append(log, before + 1, 500);
        Assert.Equal(500, ReadAll(log, ref next, out long missed));
        Assert.Equal(0, missed);
    }

    private OutboundBuffer Make(long logBytes = 1024 * Kilobyte, int events = 65_536, TimeSpan age = default, long wholeFrom = 0) =>
        new(new FanoutOptions { BufferBytes = logBytes, BufferEvents = events, BufferAge = age }, _pool, wholeFrom);
}
