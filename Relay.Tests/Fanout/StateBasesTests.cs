using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Journal;
using Cecelia.Relay.State;
using Cecelia.Relay.Tests.Events;

namespace Cecelia.Relay.Tests.Fanout;

/// <summary>The base follows the journal: all events after it are in the journal, and it reaches back as far as most of them.</summary>
public sealed class StateBasesTests
{
    private const long StartMs = 1_770_366_600_000;

    private readonly EventDecoder _decoder = new(new EventLimits());
    private readonly DecodedEvent _event = new();
    private long _nowMs = StartMs;

    [Fact]
    public void First_base_is_the_start()
    {
        Fixture fixture = Make(new JournalOptions());
        StreamPosition start = fixture.Journal.Position;
        Append(fixture, 100);

        UndoGeneration found = fixture.Bases.Find(int.MaxValue, out StreamPosition position)!;

        Assert.Equal((1, StartMs, start), (found.FirstEntry, found.BeganMs, position));
    }

    [Theory]
    [InlineData(1024 * 1024, 64, 0)]
    [InlineData(1024 * 1024, 1_000_000, 0)]
    [InlineData(1 << 30, 1_000_000, 20)]
    public void Base_moves_with_the_journal_and_reaches_back_three_quarters_of_it(int bytes, int events, int ageSeconds)
    {
        Fixture fixture = Make(new JournalOptions { Bytes = bytes, Events = events, Age = TimeSpan.FromSeconds(ageSeconds) });
        for (int i = 0; i < 300; i++)
        {
            Append(fixture, 50, noteBytes: 200);
            Trim(fixture);
            UndoGeneration found = fixture.Bases.Find(int.MaxValue, out StreamPosition position)!;
            long kept = fixture.Journal.Head - fixture.Journal.First;
            Assert.True(found.FirstEntry >= fixture.Journal.First, "an event after the base is missing");
            if (fixture.Journal.First > 0) Assert.True(fixture.Journal.Head - found.FirstEntry >= kept * 0.7, $"{found.FirstEntry} of {kept}");
            Assert.True(fixture.Bases.TryFind(position, out long entry));
            Assert.Equal(found.FirstEntry, entry);
        }

        Assert.True(fixture.Journal.First > 0);
    }

    [Fact]
    public void State_at_every_base_is_the_one_that_there_was()
    {
        Fixture fixture = Make(new JournalOptions { Events = 64 });
        var states = new Dictionary<StreamPosition, string[]>();
        for (int i = 0; i < 500; i++)
        {
            states[fixture.Journal.Position] = Texts(fixture);
            Append(fixture, 1);
            fixture.Bases.Find(int.MaxValue, out StreamPosition position);
            Assert.Equal(states[position], TextsAt(fixture));
        }
    }

    [Fact]
    public void Base_has_at_most_the_number_of_entries_behind_it_that_is_asked_for()
    {
        Fixture fixture = Make(new JournalOptions { Events = 1000 });
        Append(fixture, 900);

        Assert.Equal(1, fixture.Bases.Find(int.MaxValue, out _)!.FirstEntry);
        UndoGeneration near = fixture.Bases.Find(500, out StreamPosition position)!;
        Assert.InRange(fixture.Journal.Head - near.FirstEntry, 250, 500);
        Assert.Equal(fixture.Journal.At(near.FirstEntry - 1).Position, position);
        Assert.Null(fixture.Bases.Find(1, out _));
    }

    [Fact]
    public void Base_begins_again_when_the_copies_of_one_generation_do_not_fit()
    {
        Fixture fixture = Make(new JournalOptions { Bytes = 1024 * 1024, Events = 1_000_000 });
        for (int i = 0; i < 200; i++)
        {
            // Each event copies the 2 KB of one of 2,000 tasks: more than the quarter of the journal that is for copies.
            for (int task = 0; task < 100; task++) AppendOne(fixture, $"t{(i * 100) + task % 2000}", 2000);
            Assert.InRange(fixture.Bases.Bytes, 0, StateBases.UndoBytes(new JournalOptions { Bytes = 1024 * 1024 }));
            UndoGeneration found = fixture.Bases.Find(int.MaxValue, out _)!;
            Assert.InRange(found.FirstEntry, fixture.Journal.First, fixture.Journal.Head);
        }
    }

    [Fact]
    public void Position_of_a_base_that_was_dropped_is_not_found()
    {
        Fixture fixture = Make(new JournalOptions { Events = 64 });
        fixture.Bases.Find(int.MaxValue, out StreamPosition position);
        Append(fixture, 200);

        Assert.False(fixture.Bases.TryFind(position, out _));
    }

    [Fact]
    public void Restart_drops_every_earlier_base()
    {
        Fixture fixture = Make(new JournalOptions());
        Append(fixture, 10);
        fixture.Bases.Restart(_nowMs);

        Assert.Equal(fixture.Journal.Head, fixture.Bases.Find(int.MaxValue, out StreamPosition position)!.FirstEntry);
        Assert.Equal(fixture.Journal.Position, position);
    }

    private static Fixture Make(JournalOptions options)
    {
        var undo = new UndoCopies(StateBases.UndoBytes(options));
        var journal = new EventJournal(options with { Bytes = StateBases.PayloadBytes(options) }, StartMs);
        var state = new StateTable(new StateOptions(), undo);
        return new Fixture(journal, state, undo, new StateBases(journal, state, undo, options, StartMs));
    }

    private void Append(Fixture fixture, int count, int noteBytes = 10)
    {
        for (int i = 0; i < count; i++) AppendOne(fixture, $"t{_nowMs % 7}", noteBytes);
    }

    private void AppendOne(Fixture fixture, string task, int noteBytes)
    {
        _nowMs += 10;
        string payload = $$$"""{"event":"task:progress","data":{"taskId":"{{{task}}}","n":{{{_nowMs}}},"note":"{{{new string('x', noteBytes)}}}"}}""";
        byte[] bytes = Encoding.UTF8.GetBytes(payload);
        Assert.Equal(RefusalReason.None, _decoder.Decode(bytes, _event));
        fixture.Bases.Prepare(bytes.Length, _nowMs);
        fixture.Journal.Append(bytes, _nowMs);
        fixture.Bases.NoteEntry();
        fixture.State.Apply(_event, _nowMs);
        fixture.Bases.Settle(_nowMs);
    }

    private void Trim(Fixture fixture)
    {
        fixture.Journal.Trim(_nowMs);
        fixture.Bases.Trim(_nowMs);
    }

    private static string[] Texts(Fixture fixture)
    {
        using var copy = new StateCopy();
        fixture.State.CopyTo(copy, StateSelection.All);
        return Texts(copy);
    }

    private static string[] TextsAt(Fixture fixture)
    {
        using var copy = new StateCopy();
        fixture.State.CopyBase(copy, StateSelection.All, fixture.Bases.Find(int.MaxValue, out _)!).CopyChangedTo(copy, StateSelection.All);
        fixture.Bases.EndRead();
        return Texts(copy);
    }

    private static string[] Texts(StateCopy copy) => [.. Enumerable.Range(0, copy.Count).Select(i => Decoding.Text(copy[i])).Order(StringComparer.Ordinal)];

    private sealed record Fixture(EventJournal Journal, StateTable State, UndoCopies Undo, StateBases Bases);
}
