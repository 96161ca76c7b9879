using System.Globalization;
using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Ingest;
using CsCheck;

namespace Cecelia.Relay.Tests.Ingest;

/// <summary>PROTOCOL.md, <i>Publisher sequence numbers</i>.</summary>
public sealed class PublisherTableTests
{
    /// <summary>Long enough after the start of a table that an unknown publisher is a new one.</summary>
    private const long LaterMs = PublisherTable.UnknownForMs;

    private static readonly EventDecoder Decoder = new(new EventLimits());
    private readonly PublisherTable _table = new(0);
    private long _nowMs = 77;

    [Fact]
    public void Numbers_in_order_are_new_and_publishers_are_independent()
    {
        for (int i = 1; i < 20; i++)
        {
            Assert.Equal("New", Record("a", i));
            Assert.Equal("New", Record("b", i - 1));
        }
    }

    [Fact]
    public void Received_number_is_a_duplicate()
    {
        for (int i = 1; i <= 5; i++) Record("a", i);
        for (int i = 1; i <= 5; i++) Assert.Equal("Duplicate", Record("a", i));
        Assert.Equal("New", Record("a", 6));
    }

    [Fact]
    public void Gap_is_reported_exactly_and_a_number_in_it_is_late_once()
    {
        Record("a", 1);
        Assert.Equal("AfterHole 2-9", Record("a", 10));
        Assert.Equal(8, _table.Missing);
        Assert.Equal("Late", Record("a", 5));
        Assert.Equal("Duplicate", Record("a", 5));
        Assert.Equal([(2L, 4L), (6L, 9L)], _table.MissingOf("a"u8, 2, 9));
        foreach (int number in (int[])[2, 3, 4, 6, 9, 7, 8]) Assert.Equal("Late", Record("a", number));
        Assert.Empty(_table.MissingOf("a"u8, 2, 9));
        Assert.Equal("New", Record("a", 11));
    }

    /// <summary>
    /// Covers a publisher that restarted under its old source, and was ignored until it had passed its old number: 19,321 of a million events were in no
    /// counter.
    /// </summary>
    [Theory]
    [InlineData(-1, -1)]
    [InlineData(10, 10)]
    [InlineData(10, 3)]
    [InlineData(10, 20)]
    public void Number_with_another_payload_begins_a_new_run_for_any_timestamps(int before, int after)
    {
        for (int i = 1; i <= 20; i++) Record("a", i, before);
        Assert.Equal("NewRun", Record("a", 1, after, run: 2));
        for (int i = 2; i <= 5; i++) Assert.Equal("New", Record("a", i, after, run: 2));
        Assert.Equal("Duplicate", Record("a", 5, after, run: 2));
        Assert.Equal("AfterHole 6-7", Record("a", 8, after, run: 2));
        Assert.Equal(1, _table.Restarted);
    }

    [Fact]
    public void Number_1_after_one_above_256_begins_a_new_run_even_with_the_same_payload()
    {
        for (int i = 1; i <= 256; i++) Record("a", i);
        Assert.Equal("Duplicate", Record("a", 1));
        Record("a", 257);
        Assert.Equal("NewRun", Record("a", 1));
        Assert.Equal("New", Record("a", 2));
    }

    /// <summary>Covers a new run whose first numbers were not received. All later ones were taken for duplicates, and nothing reported that.</summary>
    [Theory]
    [InlineData(-1, -1)]
    [InlineData(10, 10)]
    [InlineData(10, 3)]
    [InlineData(10, 20)]
    public void Number_far_behind_the_last_begins_a_new_run_for_any_timestamps(int before, int after)
    {
        for (int i = 10; i <= 500; i++) Record("a", i, before);
        Assert.Equal("NewRun", Record("a", 20, after, run: 2));
        for (int i = 21; i <= 500; i++) Assert.Equal("New", Record("a", i, after, run: 2));
        Assert.Equal("NewRun", Record("a", 9, after, run: 3));
    }

    [Fact]
    public void Stored_number_far_behind_the_last_is_a_duplicate_unless_it_is_1_or_its_time_is_later()
    {
        for (int i = 10; i <= 500; i++) Record("a", i, second: 3);
        foreach (int number in (int[])[20, 9, 2]) Assert.Equal("Duplicate", Record("a", number, second: 3, isStored: true));
        Assert.Equal("New", Record("a", 501, second: 3, isStored: true));
        Assert.Equal("NewRun", Record("a", 20, second: 4, isStored: true));
        for (int i = 21; i <= 500; i++) Record("a", i, second: 4);
        Assert.Equal("NewRun", Record("a", 1, second: 4, run: 2, isStored: true));
        Assert.Equal("New", Record("a", 2, second: 4, run: 2, isStored: true));
    }

    [Fact]
    public void Stored_number_with_another_payload_begins_a_new_run()
    {
        for (int i = 1; i <= 20; i++) Record("a", i);
        Assert.Equal("Duplicate", Record("a", 5, isStored: true));
        Assert.Equal("NewRun", Record("a", 5, run: 2, isStored: true));
    }

    /// <summary>
    /// Covers a stream whose events are lost in part: two instances receive different parts of it, since each loses its connection at another time.
    /// </summary>
    [Fact]
    public void Event_is_dropped_only_if_its_payload_was_received_before()
    {
        Gen<(int Source, int Number, int Run, bool IsLost)> one = Gen.Select(
            Gen.Int[0, 1], Gen.Frequency(
                (12, Gen.Int[-1, -1]), (1, Gen.Int[0, 12]), (1, Gen.Int[1, 700])), Gen.Int[1, 3], Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true))));
        one.Array[0, 400].Sample(
            stream =>
            {
                var table = new PublisherTable(0);
                var received = new HashSet<(int Source, int Number, int Run)>();
                int[] last = [300, 600];
                foreach ((int source, int number, int run, bool isLost) in stream)
                {
                    // Usually the next number.
                    last[source] = number < 0 ? last[source] + 1 : number;
                    if (isLost) continue;
                    bool isNew = received.Add((source, last[source], run));
                    if (Record(Name(source), last[source], run: run, table: table) == "Duplicate") Assert.False(isNew);
                }
            },
            iter: TestLength.Times(100));
    }

    [Fact]
    public void Events_without_source_or_number_are_new_and_recorded_as_unnumbered()
    {
        Assert.False(_table.HasUnnumbered);
        Assert.Equal("New", Record(null, 1));
        Assert.True(_table.HasUnnumbered);
        Assert.Equal("New", Record(null, 1));
    }

    [Fact]
    public void Numbers_before_the_first_are_missing_only_if_the_publisher_would_be_known()
    {
        Assert.Equal("Unknown", Record("early", 6));
        Assert.Equal(1, _table.Unknown);
        Assert.Equal("Late", Record("early", 3));
        _nowMs = LaterMs;
        Assert.Equal("AfterHole 1-5", Record("late", 6));
        Assert.Equal("Late", Record("late", 3));
        Assert.Equal("New", Record("from zero", 0));
        Assert.Equal(5, _table.Missing);
        Assert.Equal("AfterHole 1-5", Record("taken over", 6, table: Copy(_table)));
    }

    /// <summary>
    /// Covers a handoff between different clocks. The moment itself was handed over, so an instance whose clock was ahead reported events as missing without
    /// any evidence.
    /// </summary>
    [Theory]
    [InlineData(-LaterMs)]
    [InlineData(LaterMs)]
    public void Age_of_a_table_is_handed_over_independently_of_the_clocks(long clockAheadMs)
    {
        PublisherTable young = Copy(_table, clockAheadMs);
        _nowMs += clockAheadMs;
        Assert.Equal("Unknown", Record("a", 6, table: young));
        _nowMs += LaterMs;
        Assert.Equal("AfterHole 1-5", Record("b", 6, table: young));
    }

    [Fact]
    public void Counters_continue_when_a_table_is_replaced_and_restored()
    {
        Record("a", 1);
        Record("a", 3);
        Record("a", 1, run: 2);
        var replacing = new PublisherTable(0);
        replacing.TakeCounts(_table);
        _table.TakeCounts(replacing);
        Assert.Equal((1, 1, 0, 0), (_table.Missing, _table.Restarted, _table.Unknown, _table.Forgotten));
    }

    /// <summary>Covers more publishers than the bound of 1,024: none of the gaps of 1,100 publishers that took turns was reported.</summary>
    [Fact]
    public void Gaps_of_more_publishers_than_are_kept_in_full_are_reported()
    {
        for (int i = 0; i < 1100; i++) Assert.Equal("New", Record(Name(i), 1));
        for (int i = 0; i < 1100; i++) Assert.Equal("AfterHole 2-2", Record(Name(i), 3));
        PublisherTable copy = Copy(_table);
        for (int i = 0; i < 1100; i++) Assert.Equal("New", Record(Name(i), 4, table: copy));
        Assert.Equal((0, 0), (_table.Forgotten, _table.Restarted));
    }

    [Fact]
    public void Publisher_with_only_its_last_number_kept_begins_a_new_run_when_it_restarts()
    {
        Record("a", 1);
        Record("a", 2);
        for (int i = 0; i < 1024; i++) Record(Name(i), 1);
        Assert.Equal("NewRun", Record("a", 1, run: 2));
        Assert.Equal("New", Record("a", 2, run: 2));
    }

    [Fact]
    public void Forgotten_publisher_is_unknown_and_not_reported_as_a_gap()
    {
        _nowMs = LaterMs;
        Record("a", 1);
        for (int i = 0; i < PublisherTable.MaxPublishers + ForgottenPublishers.MaxPublishers; i++) Record(Name(i), 1);
        Assert.Equal(1, _table.Forgotten);
        Assert.Equal("Unknown", Record("a", 9));
        _nowMs += PublisherTable.UnknownForMs;
        Assert.Equal("AfterHole 1-8", Record("b", 9));
    }

    [Fact]
    public void Number_in_a_forgotten_gap_is_late_and_not_lost()
    {
        for (int i = 0; i <= 70; i++) Record("a", i * 2);
        Assert.Equal("Late", Record("a", 1));
        Assert.Equal("Duplicate", Record("a", 1));
        Assert.Equal("Late", Record("a", 139));
    }

    [Fact]
    public void Gap_with_every_other_number_received_stays_bounded_and_can_be_handed_over()
    {
        Record("a", 1);
        Record("a", 1000);
        for (int i = 3; i < 1000; i += 2) Assert.Equal("Late", Record("a", i));
        Assert.Equal(64, _table.MissingOf("a"u8, 1, 1000).Count);
        Assert.Equal(64, Copy(_table).MissingOf("a"u8, 1, 1000).Count);
    }

    [Fact]
    public void Table_continues_the_same_after_it_was_written_and_read()
    {
        Record("a", 1);
        Record("a", 4);
        for (int i = 1; i <= 9; i++) Record("b", i, second: 3);
        Record(null, 0);
        byte[] bytes = Write(_table);
        PublisherTable loaded = Copy(_table);

        Assert.True(loaded.HasUnnumbered);
        Assert.Equal("Late", Record("a", 2, table: loaded));
        Assert.Equal("Duplicate", Record("a", 4, table: loaded));
        Assert.Equal("NewRun", Record("a", 4, run: 2, table: loaded));
        Assert.Equal("AfterHole 10-11", Record("b", 12, table: loaded));
        for (int length = 0; length < bytes.Length; length++)
        {
            using var truncated = new BinaryReader(new MemoryStream(bytes[..length]));
            Assert.Throws<EndOfStreamException>(() => PublisherTable.Read(truncated, _nowMs));
        }

        using var excessive = new BinaryReader(new MemoryStream([.. new byte[9], 255, 255, 255, 127]));
        Assert.Throws<InvalidDataException>(() => PublisherTable.Read(excessive, 0));
    }

    /// <summary>
    /// Compares two tables. Positions are hashes of the accepted events, so an instance that takes over in the middle has to accept the same events as the
    /// others.
    /// </summary>
    [Fact]
    public void Tables_that_received_the_same_stream_agree_on_every_event_also_after_a_handoff()
    {
        Gen<(int Source, int Number, int Run)> one = Gen.Select(
            Gen.Int[0, 3], Gen.Frequency((6, Gen.Int[-1, -1]), (2, Gen.Int[1, 12]), (1, Gen.Int[1, 700])), Gen.Int[1, 2]);
        Gen.Select(one.Array[0, 600], Gen.Int[0, 600]).Sample(
            (stream, handoff) =>
            {
                var first = new PublisherTable(0);
                PublisherTable second = first;
                int[] last = new int[4];
                for (int i = 0; i < stream.Length; i++)
                {
                    if (i == handoff) second = Copy(first);
                    (int source, int number, int run) = stream[i];
                    // Usually the next number.
                    last[source] = number < 0 ? last[source] + 1 : number;
                    string verdict = Record(Name(source), last[source], run: run, table: first);
                    if (second != first) Assert.Equal(verdict, Record(Name(source), last[source], run: run, table: second));
                }

                Assert.Equal(Write(first), Write(second));
            },
            iter: TestLength.Times(100));
    }

    private static string Name(int number) => "p" + number.ToString(CultureInfo.InvariantCulture);

    private byte[] Write(PublisherTable table)
    {
        var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes)) table.WriteTo(writer, _nowMs);
        return bytes.ToArray();
    }

    private PublisherTable Copy(PublisherTable table, long clockAheadMs = 0)
    {
        using var reader = new BinaryReader(new MemoryStream(Write(table)));
        return PublisherTable.Read(reader, _nowMs + clockAheadMs);
    }

    private string Record(string? source, long number, int second = -1, int run = 1, PublisherTable? table = null, bool isStored = false)
    {
        string time = second < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $""","timestamp":"2026-02-06T08:30:{second:00}Z" """);
        string by = source is null ? "" : $$""","source":"{{source}}" """;
        byte[] payload = Encoding.UTF8.GetBytes($$$"""{"event":"x","data":{"run":{{{run}}}},"seq":{{{number}}}{{{by}}}{{{time}}}}""");
        var e = new DecodedEvent();
        Assert.Equal(RefusalReason.None, Decoder.Decode(payload, e));
        NumberVerdict verdict = (table ?? _table).Record(e, PublisherTable.HashOf(payload), _nowMs, out long from, out long to, isStored);
        return verdict == NumberVerdict.AfterHole ? string.Create(CultureInfo.InvariantCulture, $"AfterHole {from}-{to}") : verdict.ToString();
    }
}
