using System.Text;
using Cecelia.Relay.Journal;

namespace Cecelia.Relay.Tests.Journal;

/// <summary>PROTOCOL.md, <i>Positions</i>: what the journal keeps, and which positions two instances can agree on.</summary>
public sealed class EventJournalTests
{
    [Fact]
    public void Entry_keeps_its_payload_until_it_is_evicted_by_bytes()
    {
        var random = new Random(1);
        EventJournal journal = Make(bytes: 64 * 1024);
        var appended = new List<byte[]> { Array.Empty<byte>() };
        for (int i = 0; i < 5000; i++)
        {
            byte[] payload = new byte[random.Next(0, random.Next(20) == 0 ? 9000 : 300)];
            random.NextBytes(payload);
            Assert.Equal(appended.Count, journal.Append(payload, 1000 + i));
            appended.Add(payload);
            if (i % 50 == 0) Check(journal, appended);
        }

        Check(journal, appended);
        Assert.True(journal.First > 0);
        Assert.InRange(journal.Bytes, 64 * 1024 - (2 * 9000), 64 * 1024);

        static void Check(EventJournal journal, List<byte[]> appended)
        {
            long bytes = 0;
            for (long number = journal.First; number < journal.Head; number++)
            {
                JournalEntry entry = journal.At(number);
                Assert.True(journal.Payload(entry).SequenceEqual(appended[(int)number]));
                bytes += entry.Length;
            }

            Assert.Equal(appended.Count, journal.Head);
            Assert.Equal(bytes, journal.Bytes);
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(100)]
    public void Entries_beyond_the_bound_evict_the_oldest(int max)
    {
        EventJournal journal = Make(events: max);
        StreamPosition[] positions = Fill(journal, 0, 500);

        Assert.Equal(501 - max, journal.First);
        Assert.False(journal.TryFind(positions[499 - max], out _));
        Assert.True(journal.TryFind(positions[500 - max], out long number));
        Assert.Equal(journal.First, number);
    }

    [Fact]
    public void Trim_drops_old_entries_and_keeps_the_current_position()
    {
        EventJournal journal = Make(age: TimeSpan.FromSeconds(10));
        StreamPosition[] positions = [.. Enumerable.Range(0, 20).Select(i => Append(journal, i, 1000 * i))];

        journal.Trim(25_000);
        Assert.False(journal.TryFind(positions[14], out _));
        Assert.True(journal.TryFind(positions[15], out _));

        journal.Trim(1_000_000);
        Assert.Equal(journal.Head - 1, journal.First);
        Assert.True(journal.TryFind(journal.Position, out _));
    }

    [Fact]
    public void Instances_that_started_apart_agree_on_every_position_after_a_shared_window_and_on_none_before()
    {
        EventJournal early = Make(), late = Make();
        Fill(early, 0, 40);
        StreamPosition[] earlyPositions = Fill(early, 40, 100);
        StreamPosition[] latePositions = Fill(late, 40, 100);

        for (int i = 0; i < 100; i++)
        {
            bool shared = i >= MessageWindow.Length - 1;
            Assert.Equal(shared, earlyPositions[i].Hash == latePositions[i].Hash);
            Assert.Equal(shared, late.TryFind(earlyPositions[i], out long number));
            if (shared) Assert.Equal(i + 1, number);
        }
    }

    [Fact]
    public void Instance_that_missed_a_message_agrees_again_one_window_later()
    {
        EventJournal whole = Make(), incomplete = Make();
        Fill(whole, 0, 100);
        Fill(incomplete, 0, 60);
        Fill(incomplete, 61, 39);

        // Their windows differed at the gap, which has left both windows since.
        Assert.Equal(whole.Position.Hash, incomplete.Position.Hash);
        EventJournal again = Make();
        Fill(again, 0, 60);
        StreamPosition diverged = Append(again, 61, 0);
        Assert.False(whole.TryFind(diverged, out _));
    }

    [Fact]
    public void Duplicate_position_is_unknown_until_all_its_duplicates_are_evicted()
    {
        EventJournal journal = Make(events: 200);
        Fill(journal, 0, 50);
        StreamPosition once = Fill(journal, 1000, MessageWindow.Length)[^1];
        Assert.True(journal.TryFind(once, out _));

        StreamPosition twice = Fill(journal, 1000, MessageWindow.Length)[^1];
        Assert.Equal(once.Hash, twice.Hash);
        Assert.False(journal.TryFind(once, out _));

        // The first of the two is evicted: the other must not be taken for it.
        Fill(journal, 100, 199);
        Assert.False(journal.TryFind(once, out _));
        Assert.True(journal.First <= journal.Head - 200);
        Fill(journal, 300, 1);
        Fill(journal, 1000, MessageWindow.Length);
        Assert.True(journal.TryFind(once, out long number));
        Assert.Equal(journal.Head - 1, number);
    }

    /// <summary>
    /// Covers a publisher that repeats a message forty times. An instance that missed some of them has one position that looks like a window full of the
    /// message; the instance that the client comes from has several, and the client may have been at any of them: it would have missed events without
    /// notice.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    public void Position_in_a_repeating_sequence_is_not_resumable_even_if_it_is_unique(int period)
    {
        EventJournal all = Make(), some = Make();
        Fill(all, 0, 40);
        Fill(some, 0, 40);
        StreamPosition early = default;
        for (int i = 0; i < 32 + period; i++)
        {
            StreamPosition position = Append(all, 1000 + (i % period), 0);
            if (i == 31) early = position;
            if (i >= period) Append(some, 1000 + (i % period), 0);
        }

        Assert.Equal(early.Hash, some.Position.Hash);
        Assert.False(some.TryFind(early, out _));
        // Resumable again after other events.
        StreamPosition later = Fill(all, 0, 20)[^1];
        Fill(some, 0, 20);
        Assert.True(some.TryFind(later, out long number));
        Assert.Equal(some.Head - 1, number);
    }

    /// <summary>Covers a demo with seeded events, or a script that is played twice, which made every resume fail for five minutes.</summary>
    [Fact]
    public void Position_in_a_sequence_published_twice_is_identified_by_its_time()
    {
        EventJournal here = Make(), other = Make();
        Fill(here, 0, 50, 1_000);
        Fill(other, 0, 50, 1_000);
        StreamPosition[] first = Play(here, 10_000), firstOfOther = Play(other, 10_300), second = Play(here, 40_000), secondOfOther = Play(other, 40_300);
        Assert.Equal(first[39], first[39] with { Hash = secondOfOther[39].Hash });

        for (int i = MessageWindow.Length - 1; i < 40; i++)
        {
            Assert.Equal(51 + i, Found(here, first[i]));
            Assert.Equal(91 + i, Found(here, second[i]));
            Assert.Equal(51 + i, Found(here, firstOfOther[i]));
            Assert.Equal(91 + i, Found(here, secondOfOther[i]));
        }

        Assert.Equal(PositionLookup.Ambiguous, here.Find(first[39] with { TimeMs = 25_000 }, out _));

        static StreamPosition[] Play(EventJournal journal, long nowMs) => Fill(journal, 1000, 40, nowMs);
    }

    [Fact]
    public void Position_in_a_sequence_published_twice_within_the_clock_tolerance_is_resumable_on_its_own_instance_only()
    {
        EventJournal here = Make();
        Fill(here, 0, 50, 1_000);
        StreamPosition first = Fill(here, 1000, 40, 10_000)[^1], second = Fill(here, 1000, 40, 11_000)[^1];

        Assert.Equal(90, Found(here, first));
        Assert.Equal(130, Found(here, second));
        Assert.Equal(PositionLookup.Ambiguous, here.Find(first with { TimeMs = 10_100 }, out _));
        StreamPosition third = Fill(here, 1000, 40, 11_000)[^1];
        Assert.Equal(PositionLookup.Ambiguous, here.Find(third, out _));
        Assert.Equal(PositionLookup.Unknown, here.Find(third with { Hash = 1 }, out _));
    }

    [Fact]
    public void Position_whose_duplicate_was_evicted_is_resumable_if_its_time_is_later_than_the_duplicate_allows()
    {
        EventJournal journal = Make(events: 200);
        Fill(journal, 0, 50, 1_000);
        StreamPosition first = Fill(journal, 1000, 40, 10_000)[^1];
        Fill(journal, 100, 100, 20_000);
        StreamPosition second = Fill(journal, 1000, 40, 40_000)[^1];
        Assert.Equal(90, Found(journal, first));
        Fill(journal, 300, 100, 50_000);

        Assert.Equal(PositionLookup.Ambiguous, journal.Find(first, out _));
        Assert.Equal(230, Found(journal, second));
        Assert.Equal(230, Found(journal, second with { TimeMs = 40_500 }));
    }

    [Fact]
    public void Gap_in_a_repeating_sequence_is_a_resumable_position()
    {
        EventJournal journal = Make();
        for (int i = 0; i < 50; i++) Append(journal, 7, 0);
        long gap = journal.AppendGap("{}"u8, 0);
        Assert.True(journal.TryFind(journal.Position, out long number));
        Assert.Equal(gap, number);
    }

    [Fact]
    public void Position_with_the_same_hash_at_another_time_is_not_found()
    {
        EventJournal journal = Make(events: 100);
        StreamPosition[] lastNight = Fill(journal, 0, 80, nowMs: 1_000_000);
        Fill(journal, 1000, 200, nowMs: 1_000_000);
        StreamPosition[] tonight = Fill(journal, 0, 80, nowMs: 90_000_000);

        Assert.Equal(lastNight[79].Hash, tonight[79].Hash);
        Assert.False(journal.TryFind(lastNight[79], out _));
        Assert.True(journal.TryFind(tonight[79] with { TimeMs = tonight[79].TimeMs - 59_000 }, out _));
    }

    [Fact]
    public void Stretch_with_a_gap_or_an_omitted_event_is_incomplete_and_complete_after_it()
    {
        EventJournal journal = Make(bytes: 64 * 1024);
        Fill(journal, 0, 5);
        Assert.True(journal.IsCompleteSince(0));

        long gap = journal.AppendGap("{}"u8, 0);
        Assert.Equal(EntryKind.Gap, journal.At(gap).Kind);
        Assert.False(journal.IsCompleteSince(gap - 1));
        Assert.True(journal.IsCompleteSince(gap));
        Assert.True(journal.TryFind(journal.Position, out long found));
        Assert.Equal(gap, found);

        long omitted = journal.Append(new byte[20_000], 0);
        Assert.Equal(EntryKind.Omitted, journal.At(omitted).Kind);
        Assert.False(journal.IsCompleteSince(omitted - 1));
        Fill(journal, 6, 5);
        Assert.True(journal.IsCompleteSince(omitted));
        Assert.Equal(20, Fill(journal, 20, 20).Distinct().Count());
    }

    [Fact]
    public void Gap_and_the_window_after_it_are_positions_of_one_instance_only()
    {
        EventJournal one = Make(), other = Make();
        Fill(one, 0, 40);
        Fill(other, 0, 40);
        one.AppendGap("{}"u8, 0);
        other.AppendGap("{}"u8, 0);
        Assert.False(other.TryFind(one.Position, out _));

        for (int i = 1; i < MessageWindow.Length; i++) Assert.NotEqual(Append(one, i, 0).Hash, Append(other, i, 0).Hash);
        Assert.Equal(Append(one, 99, 0).Hash, Append(other, 99, 0).Hash);
    }

    [Fact]
    public void Position_of_another_instance_before_or_shortly_after_a_start_or_gap_is_unknown()
    {
        EventJournal other = Make(), here = Make();
        StreamPosition[] positions = [.. Enumerable.Range(0, 100).Select(i => Append(other, i, 100 * i))];
        for (int i = 50; i < 100; i++) Append(here, i, (100 * i) + 1);

        Assert.True(here.TryFind(positions[85], out _));
        here.AppendGap("{}"u8, 10_000);
        positions = [.. Enumerable.Range(100, 100).Select(i => Append(other, i, 100 * i))];
        StreamPosition[] own = [.. Enumerable.Range(100, 100).Select(i => Append(here, i, (100 * i) + 1))];
        // Its own positions are found in any case.
        Assert.All(own, position => Assert.True(here.TryFind(position, out _)));
        for (int i = 0; i < 100; i++) Assert.Equal(i >= MessageWindow.Length - 1, here.TryFind(positions[i], out _));

        // So quickly that a window has passed while the other instances may be further behind.
        here.AppendGap("{}"u8, 20_000);
        positions = [.. Enumerable.Range(200, 400).Select(i => Append(other, i, 18_000 + (10 * i)))];
        own = [.. Enumerable.Range(200, 400).Select(i => Append(here, i, 18_001 + (10 * i)))];
        Assert.All(own, position => Assert.True(here.TryFind(position, out _)));
        for (int i = 0; i < 400; i++) Assert.Equal(i >= MessageWindow.Length - 1 && positions[i].TimeMs >= 22_000, here.TryFind(positions[i], out _));
    }

    [Fact]
    public void Window_that_was_handed_over_continues_the_same()
    {
        var one = new MessageWindow();
        for (ulong i = 0; i < 45; i++) one.Add(i * 977);
        Span<ulong> messages = stackalloc ulong[MessageWindow.Length];
        one.CopyTo(messages);
        var other = new MessageWindow();
        other.Load(messages);

        Assert.Equal(one.Value, other.Value);
        Assert.Equal(one.Add(5), other.Add(5));
        Assert.NotEqual(new MessageWindow().Value, new MessageWindow().Value);
    }

    [Fact]
    public void Append_does_not_allocate_when_warm()
    {
        EventJournal journal = Make(bytes: 64 * 1024, events: 256);
        byte[] payload = new byte[200];
        int number = 0;
        Allocations.AssertNone(() =>
        {
            for (int i = 0; i < 4000; i++)
            {
                BitConverter.TryWriteBytes(payload, number++);
                journal.Append(payload, number);
            }
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123456789abcdef")]
    [InlineData("0123456789abcdef_00000000001")]
    [InlineData("0123456789abcdeg-00000000001")]
    [InlineData("0123456789abcdef-0000000000 ")]
    [InlineData("0123456789abcdef-000000000011")]
    public void Invalid_position_is_rejected(string text) => Assert.False(StreamPosition.TryParse(text, out _));

    [Fact]
    public void Position_round_trips()
    {
        var position = new StreamPosition(0x0123_4567_89AB_CDEF, 1_795_246_000_123);
        byte[] written = new byte[StreamPosition.TextLength];
        position.Write(written);

        Assert.Equal("0123456789abcdef-1a1fd0007fb", Encoding.ASCII.GetString(written));
        Assert.Equal(position.ToString(), Encoding.ASCII.GetString(written));
        Assert.True(StreamPosition.TryParse(position.ToString(), out StreamPosition read));
        Assert.Equal(position, read);
    }

    [Fact]
    public void Hash_differs_for_messages_that_differ_in_one_bit_or_in_length()
    {
        byte[] message = new byte[100];
        var seen = new HashSet<ulong> { MessageHash.Of(message) };
        for (int bit = 0; bit < message.Length * 8; bit++)
        {
            message[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(seen.Add(MessageHash.Of(message)));
            message[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (int length = 0; length < 100; length++) Assert.True(seen.Add(MessageHash.Of(message.AsSpan(0, length))));

        // The same on every machine, because instances compare it.
        Assert.Equal(17355825589750106042UL, MessageHash.Of("cecelia"u8));
    }

    private static long Found(EventJournal journal, StreamPosition position)
    {
        Assert.Equal(PositionLookup.Found, journal.Find(position, out long number));
        return number;
    }

    private static EventJournal Make(int bytes = 1024 * 1024, int events = 4096, TimeSpan age = default) =>
        new(new JournalOptions { Bytes = bytes, Events = events, Age = age }, 0);

    private static StreamPosition[] Fill(EventJournal journal, int first, int count, long nowMs = 0) =>
        [.. Enumerable.Range(first, count).Select(i => Append(journal, i, nowMs))];

    private static StreamPosition Append(EventJournal journal, int number, long nowMs)
    {
        journal.Append(Encoding.UTF8.GetBytes(Numbered.Payload(number)), nowMs);
        return journal.Position;
    }
}
