using Cecelia.Relay.Recording;
using Microsoft.Extensions.Time.Testing;

namespace Cecelia.Relay.Tests.Recording;

/// <summary>The notes of a pump: one for a round with news, and for a client only when it is not at the head.</summary>
public sealed class PumpNotesTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 2, 6, 8, 30, 0, TimeSpan.Zero));
    private readonly FlushedEntry _flushed = new();

    [Fact]
    public void Round_is_noted_once_for_each_flush()
    {
        var notes = new PumpNotes(64 * 1024, _flushed, _time);
        for (int i = 0; i < 5; i++)
        {
            Round(notes, 7);
            Round(notes, 7);
        }

        Round(notes, 9);

        Assert.Equal([7, 9], ReadAll(notes).Select(note => note.Flushed));
        Assert.All(ReadAll(notes), note => Assert.Equal(NoteKind.Round, note.Kind));
    }

    [Fact]
    public void Flush_during_a_round_belongs_to_the_next()
    {
        var notes = new PumpNotes(64 * 1024, _flushed, _time);
        Flush(3);
        notes.BeginRound();
        Flush(4);
        notes.EndRound();

        Assert.Equal(3, Assert.Single(ReadAll(notes)).Flushed);
    }

    [Fact]
    public void Pump_does_not_sleep_before_the_round_of_a_flush_that_began_before()
    {
        var notes = new PumpNotes(64 * 1024, _flushed, _time);
        Round(notes, 3);
        Assert.Equal(Timeout.Infinite, notes.MaxSleepMs);
        _flushed.Begin(4);
        Assert.InRange(notes.MaxSleepMs, 1, 10);
        _flushed.End();
        Assert.Equal(0, notes.MaxSleepMs);
        notes.BeginRound();
        notes.EndRound();
        Assert.Equal(Timeout.Infinite, notes.MaxSleepMs);
    }

    [Fact]
    public void Client_that_stays_behind_is_noted_at_most_four_times_a_second()
    {
        var notes = new PumpNotes(64 * 1024, _flushed, _time);
        var client = new ClientProgress { Number = 12 };
        for (int i = 0; i < 1000; i++)
        {
            notes.NoteProgress(ref client, isBehind: true, reached: i);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        notes.NoteProgress(ref client, isBehind: false, reached: 1000);

        List<Note> all = ReadAll(notes);
        Assert.InRange(all.Count, 4, 6);
        Assert.All(all, note => Assert.Equal(12, note.Client));
        Assert.Equal((false, true, 0), (all[0].WasBehind, all[0].IsBehind, all[0].Reached));
        Assert.Equal((true, false, 1000), (all[^1].WasBehind, all[^1].IsBehind, all[^1].Reached));
    }

    [Fact]
    public void Unchanged_client_is_not_noted_again()
    {
        var notes = new PumpNotes(64 * 1024, _flushed, _time);
        var client = new ClientProgress { Number = 12 };
        for (int i = 0; i < 10; i++)
        {
            notes.NoteProgress(ref client, isBehind: true, reached: 5);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Single(ReadAll(notes));
    }

    [Fact]
    public void Skip_has_both_ends_and_its_cause()
    {
        var notes = new PumpNotes(64 * 1024, _flushed, _time);
        var client = new ClientProgress { Number = long.MaxValue >> 17 };
        notes.NoteProgress(ref client, isBehind: true, reached: 5);
        notes.NoteSkip(ref client, reached: 6, to: 900, isSlow: true);

        Note skip = ReadAll(notes)[^1];
        Assert.Equal((NoteKind.Skip, true, 6, 900), (skip.Kind, skip.IsSlow, skip.Reached, skip.To));
        Assert.Equal((client.Number, true, true), (skip.Client, skip.WasBehind, skip.IsBehind));
        Assert.Equal(_time.GetUtcNow().ToUnixTimeMilliseconds(), skip.TimeMs);
    }

    [Fact]
    public void Oldest_notes_are_dropped()
    {
        var notes = new PumpNotes(100 * PumpNotes.NoteBytes, _flushed, _time);
        for (int i = 1; i <= 1000; i++) Round(notes, i);

        Assert.Equal(1000, notes.Next);
        Assert.False(notes.TryRead(notes.First - 1, out _));
        Assert.False(notes.TryRead(notes.Next, out _));
        // One less than fit, since that one may be in the middle of being overwritten.
        Assert.Equal(Enumerable.Range(902, 99).Select(entry => (long)entry), ReadAll(notes).Select(note => note.Flushed));
    }

    [Fact]
    public async Task Reader_gets_whole_notes_while_they_are_overwritten()
    {
        var notes = new PumpNotes(64 * PumpNotes.NoteBytes, _flushed, _time);
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(() =>
        {
            for (long i = 1; !stop.IsCancellationRequested; i++)
            {
                var client = new ClientProgress { Number = i };
                notes.NoteSkip(ref client, reached: i, to: i, isSlow: false);
            }
        });
        try
        {
            int read = 0;
            await Eventually.TrueAsync(() =>
            {
                for (long index = notes.First; index < notes.Next; index++)
                {
                    if (!notes.TryRead(index, out Note note)) continue;
                    Assert.Equal((index + 1, index + 1, index + 1), (note.Client, note.Reached, note.To));
                    read++;
                }

                return read > 10_000 * TestLength.Factor;
            });
        }
        finally
        {
            await stop.CancelAsync();
            await writer;
        }
    }

    [Fact]
    public void Notes_allocate_nothing()
    {
        var notes = new PumpNotes(64 * 1024, _flushed, TimeProvider.System);
        var client = new ClientProgress { Number = 1 };
        long entry = 0;
        Allocations.AssertNone(() =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                Round(notes, ++entry);
                notes.NoteProgress(ref client, isBehind: i % 2 == 0, reached: entry);
                notes.NoteSkip(ref client, entry, entry + 1, isSlow: true);
            }
        });
    }

    private void Round(PumpNotes notes, long flushed)
    {
        Flush(flushed);
        notes.BeginRound();
        notes.EndRound();
    }

    private void Flush(long entry)
    {
        _flushed.Begin(entry);
        _flushed.End();
    }

    private static List<Note> ReadAll(PumpNotes notes)
    {
        var all = new List<Note>();
        for (long index = notes.First; index < notes.Next; index++)
        {
            if (notes.TryRead(index, out Note note)) all.Add(note);
        }

        return all;
    }
}
