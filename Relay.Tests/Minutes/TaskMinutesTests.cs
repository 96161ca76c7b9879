using System.Globalization;
using Cecelia.Relay.Minutes;
using Cecelia.Relay.Tests.State;

namespace Cecelia.Relay.Tests.Minutes;

/// <summary>PROTOCOL.md, <i>Minutes over HTTP</i>: what is counted of tasks.</summary>
public sealed class TaskMinutesTests
{
    private readonly Reduced _state = new();

    [Fact]
    public void Task_is_counted_once_when_it_is_created_and_once_when_it_ends()
    {
        _state.Apply(Task("created", 0), Task("created", 0), Task("started", 3), Task("progress", 4));
        _state.Apply(Task("completed", 63), Task("completed", 63), Task("progress", 64));

        AssertCounts(created: 1, ended: 1, completed: 1, failed: 0);
        Assert.Equal([(Bucket(60_000), 1)], Histogram(MinuteValues.Run));
        Assert.Equal([(Bucket(3_000), 1)], Histogram(MinuteValues.Queue));
    }

    [Theory]
    [InlineData("failed", 0, 1)]
    [InlineData("completed", 1, 0)]
    [InlineData("done", 1, 0)]
    [InlineData("cancelled", 0, 0)]
    [InlineData("skipped", 0, 0)]
    public void Final_status_counts_as_ended_and_by_its_outcome(string status, int completed, int failed)
    {
        _state.Apply(Board("created", "queued", 0), Board("status_changed", "in_progress", 1), Board("status_changed", status, 2));

        AssertCounts(1, 1, completed, failed);
        Assert.Single(Histogram(MinuteValues.Run));
    }

    [Fact]
    public void Task_that_is_cancelled_in_the_queue_has_neither_run_time_nor_queue_time()
    {
        _state.Apply(Board("created", "queued", 0), Board("status_changed", "cancelled", 9));

        AssertCounts(1, 1, 0, 0);
        Assert.Empty(Histogram(MinuteValues.Run));
        Assert.Empty(Histogram(MinuteValues.Queue));
    }

    [Fact]
    public void Pause_belongs_to_the_run_time()
    {
        _state.Apply(
            Task("created", 0), Task("started", 1), Board("status_changed", "paused", 10), Board("status_changed", "running", 200), Task("failed", 257));

        AssertCounts(1, 1, 0, 1);
        Assert.Equal([(Bucket(256_000), 1)], Histogram(MinuteValues.Run));
        Assert.Equal([(Bucket(1_000), 1)], Histogram(MinuteValues.Queue));
    }

    [Fact]
    public void Retry_counts_a_second_end_with_times_of_its_own()
    {
        _state.Apply(Task("created", 0), Task("started", 1), Task("failed", 2));
        _state.Apply(Board("status_changed", "queued", 10), Task("started", 42), Task("completed", 43));

        AssertCounts(1, 2, 1, 1);
        Assert.Equal([(Bucket(1_000), 2)], Histogram(MinuteValues.Run));
        Assert.Equal([(Bucket(1_000), 1), (Bucket(32_000), 1)], Histogram(MinuteValues.Queue));
    }

    [Theory]
    [InlineData("progress")]
    [InlineData("completed")]
    public void Task_that_is_first_seen_later_is_not_created_and_has_no_run_time(string first)
    {
        _state.Apply(Task(first, 0), Task("completed", 5));

        AssertCounts(0, 1, 1, 0);
        Assert.Empty(Histogram(MinuteValues.Run));
    }

    [Fact]
    public void Gap_before_the_end_makes_the_run_time_unknown()
    {
        _state.Apply(Task("created", 0), Task("started", 1));
        _state.Table.NoteGap();
        _state.Apply(Task("completed", 60));

        AssertCounts(1, 1, 1, 0);
        Assert.Empty(Histogram(MinuteValues.Run));
    }

    [Fact]
    public void Late_event_counts_nothing()
    {
        _state.Apply(Task("created", 10), Task("failed", 20), Task("completed", 15));

        AssertCounts(1, 1, 0, 1);
    }

    [Fact]
    public void Times_continue_at_an_instance_that_took_the_state_over()
    {
        _state.Apply(Task("created", 0), Task("started", 1), Task("progress", 2));
        var next = new Reduced();
        next.Load(_state.Handoff());
        next.Apply(Task("completed", 65));

        Assert.Equal([(Bucket(64_000), 1)], Histogram(MinuteValues.Run, next));
    }

    [Fact]
    public void Lag_is_the_time_from_the_timestamp_to_the_acceptance()
    {
        // Received at 8:30:00 and a second later each.
        _state.Apply(
            """{"event":"log","data":{},"timestamp":"2026-02-06T08:29:59.900Z"}""",
            """{"event":"log","data":{},"timestamp":"2026-02-06T08:30:01.000Z"}""",
            """{"event":"log","data":{},"timestamp":"2026-02-06T08:30:03.000Z"}""",
            """{"event":"log","data":{}}""");

        // 100 ms; 0 ms; dated ahead, and undated: unknown.
        Assert.Equal([(0, 1), (7, 1)], Histogram(MinuteValues.Lag));
    }

    [Fact]
    public void Task_belongs_to_the_project_that_an_earlier_event_gave()
    {
        _state.Apply(
            """{"event":"task:created","data":{"taskId":"t1"},"project_id":"p1"}""",
            """{"event":"task:completed","data":{"taskId":"t1"}}""");

        long[] values = Values(_state);
        Assert.Equal(1, values[MinuteValues.Ended]);
        Assert.Equal(0, values[(MinuteSeries.NoProject * MinuteValues.Length) + MinuteValues.Ended]);
    }

    [Fact]
    public void Slots_of_an_executor_are_read_from_its_data()
    {
        _state.Apply(
            """{"event":"executor:status","data":{"activeCount":3,"availableSlots":1},"source":"brain"}""",
            """{"event":"executor:status","data":{"activeCount":2,"availableSlots":2},"source":"brain"}""");

        MinuteRow.TryDecode(_state.Table.Minutes.Copy().Rows[^1].Row, new long[MinuteSeries.Count * MinuteValues.Length], out MinuteSlots? slots);
        Assert.Equal(new MinuteSlots(3, 2, 4), slots);
    }

    private static int Bucket(long ms) => MinuteBuckets.IndexOf(ms, MinuteBuckets.FirstDurationMs);

    /// <summary>An event of the Cecelia format, dated in seconds after 8:30.</summary>
    private static string Task(string name, int second) =>
        $$$"""{"event":"task:{{{name}}}","data":{"taskId":"t1"},"timestamp":"{{{Time(second)}}}"}""";

    /// <summary>An event of the TaskTree format.</summary>
    private static string Board(string name, string status, int second) =>
        $$$"""{"type":"task_{{{name}}}","data":{"id":"t1","status":"{{{status}}}"},"timestamp":"{{{Time(second)}}}"}""";

    private static string Time(int second) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Reduced.Start).AddSeconds(second - 3600).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private void AssertCounts(int created, int ended, int completed, int failed)
    {
        long[] sum = Sum(_state);
        Assert.Equal(
            (created, ended, completed, failed),
            ((int)sum[MinuteValues.Created], (int)sum[MinuteValues.Ended], (int)sum[MinuteValues.Completed], (int)sum[MinuteValues.Failed]));
    }

    private (int Bucket, int Count)[] Histogram(int first, Reduced? state = null)
    {
        long[] sum = Sum(state ?? _state);
        return [.. Enumerable.Range(0, MinuteBuckets.Count).Where(i => sum[first + i] > 0).Select(i => (i, (int)sum[first + i]))];
    }

    private static long[] Values(Reduced state)
    {
        long[] sum = new long[MinuteSeries.Count * MinuteValues.Length];
        long[] values = new long[sum.Length];
        foreach (KeptMinute row in state.Table.Minutes.Copy().Rows)
        {
            Assert.True(MinuteRow.TryDecode(row.Row, values, out _));
            for (int i = 0; i < sum.Length; i++) sum[i] += values[i];
        }

        return sum;
    }

    private static long[] Sum(Reduced state)
    {
        long[] values = Values(state);
        return
        [
            .. Enumerable.Range(0, MinuteValues.Length)
                .Select(i => Enumerable.Range(0, MinuteSeries.Count).Sum(one => values[(one * MinuteValues.Length) + i])),
        ];
    }
}
