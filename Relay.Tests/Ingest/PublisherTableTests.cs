using System.Globalization;
using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Ingest;

namespace Cecelia.Relay.Tests.Ingest;

/// <summary>PROTOCOL.md, <i>From the publisher</i>: <c>source</c> and <c>seq</c>.</summary>
public sealed class PublisherTableTests
{
    private readonly PublisherTable _table = new();
    private readonly EventDecoder _decoder = new(new EventLimits());
    private readonly DecodedEvent _event = new();

    [Fact]
    public void Numbers_in_order_are_new_whatever_the_first_is_and_publishers_do_not_mix()
    {
        for (int i = 7; i < 20; i++)
        {
            Assert.Equal("New", Note("a", i));
            Assert.Equal("New", Note("b", i - 7));
        }
    }

    [Fact]
    public void Number_that_was_here_is_a_duplicate()
    {
        for (int i = 1; i <= 5; i++) Note("a", i);
        for (int i = 1; i <= 5; i++) Assert.Equal("Duplicate", Note("a", i));
        Assert.Equal(5, _table.Duplicates);
        Assert.Equal("New", Note("a", 6));
    }

    [Fact]
    public void Hole_is_told_exactly_and_what_comes_into_it_later_is_new_once()
    {
        Note("a", 1);
        Assert.Equal("AfterHole 2-9", Note("a", 10));
        Assert.Equal(8, _table.Missing);
        Assert.Equal("New", Note("a", 5));
        Assert.Equal("Duplicate", Note("a", 5));
        Assert.Equal([(2L, 4L), (6L, 9L)], _table.MissingOf("a"u8, 2, 9));
        foreach (int number in (int[])[2, 3, 4, 6, 9, 7, 8]) Assert.Equal("New", Note("a", number));
        Assert.Empty(_table.MissingOf("a"u8, 2, 9));
        Assert.Equal("New", Note("a", 11));
    }

    [Fact]
    public void Publisher_that_counts_anew_at_a_later_time_is_not_silenced()
    {
        Note("a", 500, second: 10);
        Assert.Equal("Duplicate", Note("a", 1, second: 10));
        Assert.Equal("Duplicate", Note("a", 1));
        Assert.Equal("New", Note("a", 1, second: 11));
        Assert.Equal("New", Note("a", 2, second: 12));
        Assert.Equal("AfterHole 3-3", Note("a", 4, second: 13));
    }

    [Fact]
    public void Events_without_source_or_number_are_new_and_remembered_as_such()
    {
        Assert.Equal(0, _table.UnnumberedMs);
        Assert.Equal("New", Note(null, 1));
        Assert.Equal(77, _table.UnnumberedMs);
        Assert.Equal("New", Note(null, 1));
    }

    [Fact]
    public void Table_is_bounded_and_forgets_the_publisher_that_was_silent_longest()
    {
        for (int i = 0; i < 1024; i++) Note("p" + i.ToString(CultureInfo.InvariantCulture), 5);
        Note("p0", 6);
        Note("one more", 1);
        Assert.Equal("Duplicate", Note("p0", 6));
        // It was forgotten: its old number is its first.
        Assert.Equal("New", Note("p1", 5));
    }

    [Fact]
    public void Holes_are_bounded_and_the_oldest_is_forgotten()
    {
        for (int i = 0; i <= 70; i++) Note("a", i * 2);
        Assert.Equal("Duplicate", Note("a", 1));
        Assert.Equal("New", Note("a", 139));
    }

    [Fact]
    public void Hole_that_is_filled_at_every_other_number_stays_bounded_and_can_be_handed_over()
    {
        Note("a", 1);
        Note("a", 1000);
        for (int i = 3; i < 1000; i += 2) Assert.Equal("New", Note("a", i));
        Assert.Equal(64, _table.MissingOf("a"u8, 1, 1000).Count);
        var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes)) _table.WriteTo(writer);
        using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()));
        Assert.Equal(64, PublisherTable.Read(reader).MissingOf("a"u8, 1, 1000).Count);
    }

    [Fact]
    public void Number_that_came_late_into_a_hole_is_a_duplicate_the_next_time_even_if_it_is_the_newest_by_its_timestamp()
    {
        Note("a", 1, second: 1);
        Note("a", 5, second: 2);
        Assert.Equal("New", Note("a", 3, second: 9));
        Assert.Equal("Duplicate", Note("a", 3, second: 9));
        Assert.Equal("New", Note("a", 6, second: 10));
    }

    [Fact]
    public void Table_written_and_loaded_goes_on_the_same()
    {
        Note("a", 1);
        Note("a", 4);
        Note("b", 9, second: 3);
        Note(null, 0);
        var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes)) _table.WriteTo(writer);
        using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()));
        var loaded = PublisherTable.Read(reader);

        Assert.Equal(77, loaded.UnnumberedMs);
        Assert.Equal("New", Note("a", 2, table: loaded));
        Assert.Equal("Duplicate", Note("a", 4, table: loaded));
        Assert.Equal("AfterHole 10-11", Note("b", 12, table: loaded));
        for (int length = 0; length < bytes.ToArray().Length; length++)
        {
            using var cut = new BinaryReader(new MemoryStream(bytes.ToArray()[..length]));
            Assert.Throws<EndOfStreamException>(() => PublisherTable.Read(cut));
        }

        using var wild = new BinaryReader(new MemoryStream([1, 2, 3, 4, 5, 6, 7, 8, 255, 255, 255, 127]));
        Assert.Throws<InvalidDataException>(() => PublisherTable.Read(wild));
    }

    private string Note(string? source, long number, int second = -1, PublisherTable? table = null)
    {
        string time = second < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $""","timestamp":"2026-02-06T08:30:{second:00}Z" """);
        string by = source is null ? "" : $$""","source":"{{source}}" """;
        Assert.Equal(RefusalReason.None, _decoder.Decode(Encoding.UTF8.GetBytes($$"""{"event":"x","seq":{{number}}{{by}}{{time}}}"""), _event));
        NumberVerdict verdict = (table ?? _table).Note(_event, 77, out long from, out long to);
        return verdict == NumberVerdict.AfterHole ? string.Create(CultureInfo.InvariantCulture, $"AfterHole {from}-{to}") : verdict.ToString();
    }
}
