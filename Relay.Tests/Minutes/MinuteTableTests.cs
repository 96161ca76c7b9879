using System.Text;
using Cecelia.Relay.Minutes;

namespace Cecelia.Relay.Tests.Minutes;

/// <summary>Rows of minutes: which are complete, which are unknown, and what bounds them.</summary>
public sealed class MinuteTableTests
{
    /// <summary>2026-02-06T08:30:00Z.</summary>
    private const long Start = 1_770_366_600_000;
    private const long FirstMinute = Start / MinuteTable.MinuteMs;
    private readonly MinuteTable _table = new() { IsLive = true };

    [Fact]
    public void Minute_that_was_observed_from_beginning_to_end_is_complete()
    {
        Observe(20, 200);

        Assert.Equal([(0, false), (1, true), (2, true), (3, false)], Rows());
        Assert.Equal(Start + 20_000, _table.Copy().SinceMs);
    }

    [Fact]
    public void Observed_minute_without_events_is_zero_and_not_unknown()
    {
        Observe(0, 130);

        Assert.All(Values(1), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Minutes_of_an_outage_are_unknown_and_its_first_and_last_are_not_complete()
    {
        Observe(0, 130);
        _table.Interrupt(Start + 128_000, Start + 131_000);
        Tick(200);
        _table.IsLive = true;
        Observe(340, 430);

        Assert.Equal([(0, false), (1, true), (2, false), (5, false), (6, true), (7, false)], Rows());
    }

    [Fact]
    public void Outage_that_began_in_the_minute_before_it_was_detected_marks_that_minute()
    {
        Observe(0, 121);
        _table.Interrupt(Start + 118_000, Start + 121_000);
        _table.IsLive = true;
        Observe(122, 250);

        Assert.Equal([(0, false), (1, false), (2, false), (3, true), (4, false)], Rows());
    }

    [Fact]
    public void Outage_with_an_unknown_beginning_marks_from_the_last_observation()
    {
        Observe(0, 118);
        _table.Interrupt(null, Start + 121_000);
        _table.IsLive = true;
        Observe(122, 190);

        Assert.Equal([(0, false), (1, false), (2, false), (3, false)], Rows());
    }

    [Fact]
    public void Event_during_an_outage_is_counted_in_a_minute_that_is_not_complete()
    {
        Observe(0, 70);
        _table.Interrupt(Start + 70_000, Start + 70_000);
        Event(130, "p1");
        _table.AddCreated("p1"u8);
        Tick(200);

        Assert.Equal([(0, false), (1, false), (2, false)], Rows());
        Assert.Equal(1, Values(2)[MinuteValues.Created]);
    }

    [Fact]
    public void Gap_marks_the_minutes_from_its_beginning_on()
    {
        Observe(0, 250);
        _table.NoteGap(Start + 130_000, Start + 251_000);
        Observe(252, 370);

        Assert.Equal([(0, false), (1, true), (2, false), (3, false), (4, false), (5, true), (6, false)], Rows());
    }

    [Fact]
    public void Gap_without_a_beginning_marks_its_minute_and_the_one_before()
    {
        Observe(0, 250);
        _table.NoteGap(null, Start + 251_000);
        Observe(252, 370);

        Assert.Equal([(0, false), (1, true), (2, true), (3, false), (4, false), (5, true), (6, false)], Rows());
    }

    [Fact]
    public void Pause_of_the_process_interrupts_the_observation()
    {
        Observe(0, 100);
        Observe(290, 370);

        Assert.Equal([(0, false), (1, false), (4, false), (5, true), (6, false)], Rows());
    }

    [Fact]
    public void Clock_that_is_set_back_removes_the_minutes_ahead_of_it_and_continues_one_that_is_not_complete()
    {
        Observe(0, 300);
        Event(300, "p1");
        _table.AddCreated("p1"u8);
        Event(130, "p1");
        _table.AddCreated("p1"u8);
        Observe(131, 250);

        Assert.Equal([(0, false), (1, true), (2, false), (3, true), (4, false)], Rows());
        Assert.Equal(1, Values(2)[MinuteValues.Created]);
        Assert.Equal(0, Values(3)[MinuteValues.Created]);
    }

    [Fact]
    public void Minutes_ahead_of_a_clock_that_was_set_back_do_not_return_when_they_are_not_observed_again()
    {
        Observe(0, 300);
        Event(70, "p1");
        _table.Interrupt(Start + 71_000, Start + 71_000);
        _table.IsLive = true;
        Observe(301, 370);

        Assert.Equal([(0, false), (1, false), (5, false), (6, false)], Rows());
    }

    [Fact]
    public void Small_step_back_over_the_end_of_a_minute_is_bridged()
    {
        Observe(0, 181);
        Event(178, "p1");
        _table.AddCreated("p1"u8);
        Observe(179, 250);

        Assert.Equal([(0, false), (1, true), (2, true), (3, true), (4, false)], Rows());
        Assert.Equal(1, Values(3)[MinuteValues.Created]);
    }

    [Fact]
    public void Clock_that_jumps_days_ahead_and_back_keeps_the_minutes_of_before()
    {
        Observe(0, 200);
        Tick(3 * 86_400);
        Observe(201, 310);

        Assert.Equal([(0, false), (1, true), (2, true), (3, false), (4, true), (5, false)], Rows());
    }

    [Fact]
    public void Minutes_of_a_day_are_kept()
    {
        Observe(0, 86_400 + 600);

        MinuteCopy copy = _table.Copy();
        Assert.Equal(MinuteTable.Minutes, copy.Rows.Count);
        Assert.Equal(FirstMinute + 1450, copy.Rows[^1].Minute);
        Assert.Equal(FirstMinute + 11, copy.Rows[0].Minute);
    }

    [Fact]
    public void Project_21_is_among_the_others_until_a_project_was_silent_for_a_day()
    {
        for (int i = 0; i < 21; i++) Created(i, $"p{i}");

        Assert.Equal(20, _table.Copy().Projects.Count);
        Assert.Equal(1, Values(0, MinuteSeries.Others)[MinuteValues.Created]);
        Assert.All(Enumerable.Range(0, 20), place => Assert.Equal(1, Values(0, place)[MinuteValues.Created]));

        // All but p3 are heard of again within the day.
        for (int i = 0; i < 21; i++)
        {
            if (i != 3) Created(43_200 + i, $"p{i}");
        }

        Created(86_399, "p20");
        Assert.DoesNotContain("p20", Projects());
        Created(86_460, "p20");

        Assert.Contains("p20", Projects());
        Assert.DoesNotContain("p3", Projects());
        Assert.Equal(20, Projects().Length);
    }

    [Fact]
    public void Memory_is_bounded_when_every_value_of_every_series_is_large_for_a_day()
    {
        long[] values = new long[MinuteSeries.Count * MinuteValues.Length];
        Array.Fill(values, long.MaxValue);
        byte[] largest = MinuteRow.Encode(values, new MinuteSlots(long.MaxValue, long.MaxValue, long.MaxValue));
        Assert.InRange(largest.Length, 1, MinuteRow.MaxBytes);
        var rows = Enumerable.Range(0, MinuteTable.Minutes).Select(i => new KeptMinute(FirstMinute + i, (byte[])largest.Clone(), true)).ToList();

        var table = MinuteTable.From(new MinuteCopy(rows, [], MinutesStart.Started) { LastMs = Start, SinceMs = Start });

        Assert.InRange(table.Bytes, MinuteTable.MaxBytes / 2, MinuteTable.MaxBytes);
        // The oldest are removed, and the newest are kept.
        Assert.Equal(FirstMinute + MinuteTable.Minutes - 1, table.Copy().Rows[^1].Minute);
        // An array has a header of 16 bytes and a length of 8; the ring has an entry of 24 bytes for each minute.
        int held = table.Copy().Rows.Sum(row => row.Row.Length + 24) + (MinuteTable.Minutes * 24);
        Assert.InRange(held, MinuteTable.MaxBytes / 2, MinuteTable.MaxBytes);
    }

    [Fact]
    public void Day_of_22_busy_series_fits()
    {
        var random = new Random(3);
        for (int minute = 0; minute < MinuteTable.Minutes; minute++)
        {
            for (int project = 0; project < 21; project++)
            {
                Event(minute * 60, $"p{project}", random.Next(5000));
                byte[] id = Encoding.UTF8.GetBytes($"p{project}");
                for (int i = 0; i < 100; i++)
                {
                    _table.AddCreated(id);
                    _table.AddQueueTime(id, random.NextInt64(1 << random.Next(24)));
                    _table.AddEnded(id, MinuteValues.Completed, random.NextInt64(1 << random.Next(24)));
                }
            }
        }

        Assert.Equal(MinuteTable.Minutes, _table.Copy().Rows.Count);
        Assert.InRange(_table.Bytes, 1, MinuteTable.MaxBytes);
    }

    [Fact]
    public void Events_of_known_projects_allocate_nothing_within_a_minute()
    {
        Event(0, "p1");
        Event(0, "p2");
        _table.SetSlots("brain"u8, 1, 2);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
        {
            ReadOnlySpan<byte> project = i % 2 == 0 ? "p1"u8 : "p2"u8;
            _table.BeginEvent(Start + i, project, i);
            _table.AddCreated(project);
            _table.AddEnded(project, MinuteValues.Failed, i);
            _table.SetSlots("brain"u8, 1, 2);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Slots_are_the_sum_of_all_executors_and_unknown_after_a_gap()
    {
        Event(0, "");
        _table.SetSlots("a"u8, 3, 1);
        _table.SetSlots("b"u8, 2, 2);
        _table.SetSlots("a"u8, 1, 3);
        Event(60, "");
        Assert.Equal(new MinuteSlots(5, 3, 8), Slots(0));
        Assert.Equal(new MinuteSlots(3, 3, 8), Slots(1));

        _table.NoteGap(null, Start + 120_000);
        Assert.Null(Slots(2));
        _table.SetSlots("b"u8, 0, 4);
        Assert.Equal(new MinuteSlots(0, 0, 4), Slots(2));
    }

    [Fact]
    public void Event_applied_again_of_an_earlier_minute_is_not_counted_and_that_minute_is_not_complete()
    {
        Observe(0, 200);
        _table.IsReplay = true;
        Event(70, "p1");
        _table.AddCreated("p1"u8);
        Event(199, "p1");
        _table.AddCreated("p1"u8);
        _table.IsReplay = false;

        Assert.Equal([(0, false), (1, false), (2, true), (3, false)], Rows());
        Assert.Equal(0, Values(1)[MinuteValues.Created]);
        Assert.Equal(1, Values(3)[MinuteValues.Created]);
    }

    private void Created(int second, string project)
    {
        Event(second, project);
        _table.AddCreated(Encoding.UTF8.GetBytes(project));
    }

    private void Event(int second, string project, long lagMs = -1) => _table.BeginEvent(Start + (second * 1000L), Encoding.UTF8.GetBytes(project), lagMs);

    private void Tick(int second) => _table.Tick(Start + (second * 1000L));

    /// <summary>Ticks each second.</summary>
    private void Observe(int from, int to)
    {
        for (int second = from; second <= to; second++) Tick(second);
    }

    private (int Minute, bool IsComplete)[] Rows() => [.. _table.Copy().Rows.Select(row => ((int)(row.Minute - FirstMinute), row.IsComplete))];

    private string[] Projects() => [.. _table.Copy().Projects.Select(one => Encoding.UTF8.GetString(one.Project.Id))];

    private long[] Values(int minute, int? series = null)
    {
        long[] values = Decode(minute, out _);
        if (series is { } one) return values[(one * MinuteValues.Length)..((one + 1) * MinuteValues.Length)];
        return
        [
            .. Enumerable.Range(0, MinuteValues.Length)
                .Select(i => Enumerable.Range(0, MinuteSeries.Count).Sum(one => values[(one * MinuteValues.Length) + i])),
        ];
    }

    private MinuteSlots? Slots(int minute)
    {
        Decode(minute, out MinuteSlots? slots);
        return slots;
    }

    private long[] Decode(int minute, out MinuteSlots? slots)
    {
        long[] values = new long[MinuteSeries.Count * MinuteValues.Length];
        Assert.True(MinuteRow.TryDecode(_table.Copy().Rows.Single(row => row.Minute == FirstMinute + minute).Row, values, out slots));
        return values;
    }
}
