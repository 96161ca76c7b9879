using System.Text;
using Cecelia.Relay.Bench.Load;
using Cecelia.Relay.Events;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Events;

namespace Cecelia.Relay.Tests.Bench;

/// <summary>Accounting of expected and delivered events, the window of events in flight, and load plans.</summary>
public class DeliveryCheckTests
{
    [Fact]
    public void Check_all_in_order_reports_no_faults()
    {
        var check = new DeliveryCheck(1, 1);

        for (int number = 1; number <= 5; number++) Assert.True(check.Record(number, out _));

        Assert.Equal((0, 0, 0, 0), Faults(check, last: 5));
    }

    [Fact]
    public void Check_missing_events_are_lost()
    {
        var check = new DeliveryCheck(1, 1);

        check.Record(1, out _);
        Assert.True(check.Record(4, out long expected));

        Assert.Equal(2, expected);
        Assert.Equal((2 + 3, 0, 0, 0), Faults(check, last: 7));
    }

    [Fact]
    public void Check_late_events_are_out_of_order_and_not_lost()
    {
        var check = new DeliveryCheck(1, 1);

        foreach (int number in (int[])[1, 6, 4, 2, 7]) check.Record(number, out _);

        Assert.Equal((2, 0, 2, 0), Faults(check, last: 7));
    }

    [Fact]
    public void Check_repeated_events_are_duplicates()
    {
        var check = new DeliveryCheck(1, 1);

        foreach (int number in (int[])[1, 3, 3, 1, 2, 2]) check.Record(number, out _);

        Assert.Equal((0, 3, 1, 0), Faults(check, last: 3));
    }

    [Fact]
    public void Check_of_one_task_expects_only_its_events()
    {
        var check = new DeliveryCheck(3, 10);

        foreach (int number in (int[])[3, 4, 13, 33]) check.Record(number, out _);

        Assert.Equal((1, 0, 0, 1), Faults(check, last: 42));
        Assert.Equal(2, check.LostUpTo(43));
    }

    [Fact]
    public void Check_tracks_a_bounded_number_of_gaps()
    {
        var check = new DeliveryCheck(1, 1);

        for (int number = 2; number <= 2000; number += 2) check.Record(number, out _);
        check.Record(1, out _);
        check.Record(1999, out _);

        Assert.Equal((999, 1, 1, 0), Faults(check, last: 2000));
    }

    [Fact]
    public void Window_admits_up_to_its_size_and_one_more_per_settled_event()
    {
        var window = new DeliveryWindow(2);

        Assert.Equal((1, 2), (window.Begin(expected: 2), window.Begin(expected: 2)));
        Assert.Equal(0, window.Room);
        Assert.Throws<InvalidOperationException>(() => window.Begin(expected: 2));

        window.Settle(1);
        window.Settle(2);
        Assert.Equal(0, window.Room);

        window.Settle(1);
        Assert.Equal(1, window.Room);
        Assert.Equal(3, window.Begin(expected: 2));
    }

    [Fact]
    public void Window_events_settled_out_of_order_free_capacity()
    {
        var window = new DeliveryWindow(2);
        window.Begin(expected: 1);
        window.Begin(expected: 1);

        window.Settle(2);

        Assert.Equal((1, 1), (window.Room, window.Outstanding));
    }

    [Fact]
    public void Window_event_without_recipients_takes_no_capacity()
    {
        var window = new DeliveryWindow(1);

        Assert.Equal((1, 2), (window.Begin(expected: 0), window.Begin(expected: 0)));

        Assert.Equal((1, 0), (window.Room, window.Outstanding));
    }

    [Fact]
    public void Window_one_unsettled_event_eventually_blocks_the_rest()
    {
        var window = new DeliveryWindow(4);
        window.Begin(expected: 1);

        while (window.Room > 0) window.Settle(window.Begin(expected: 1));

        Assert.Equal((1, 1024), (window.Outstanding, window.Begun));
        window.Settle(1);
        Assert.Equal(4, window.Room);
    }

    [Fact]
    public void Window_settling_more_than_owed_throws()
    {
        var window = new DeliveryWindow(4);
        window.Settle(window.Begin(expected: 1));

        Assert.Throws<ArgumentOutOfRangeException>(() => window.Settle(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Settle(2));
    }

    [Theory]
    [InlineData(1, 0, 7L)]
    [InlineData(123_456_789_012, 99_998, 9_876_543_210_987)]
    public void Stamped_event_has_its_size_decodes_and_round_trips(long number, int task, long ticks)
    {
        var events = new StampedEvent("zzzzzz", StampedEvent.MinBytes, origin: 1_000);
        byte[] payload = new byte[events.Bytes];

        events.Write(number, task, 1_000 + ticks, 1_770_366_600_000, payload);

        DecodedEvent decoded = Decoding.Taken(Encoding.UTF8.GetString(payload));
        Assert.Equal($"task-{task}", Decoding.Text(decoded.TaskId));
        Assert.True(events.TryRead(payload, out long readNumber, out long due));
        Assert.Equal((number, 1_000 + ticks), (readNumber, due));
    }

    [Fact]
    public void Stamp_of_another_run_is_ignored()
    {
        byte[] payload = new byte[300];
        new StampedEvent("a", 300, 0).Write(1, 1, 1, 0, payload);

        Assert.False(new StampedEvent("b", 300, 0).TryRead(payload, out _, out _));
        Assert.False(new StampedEvent("a", 300, 0).TryRead("""{"runId":"bench.a."}"""u8, out _, out _));
        Assert.False(new StampedEvent("a", 300, 0).TryRead("""{"runId":"bench.a.12"""u8, out _, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Plan_expects_each_event_at_the_clients_of_its_task(int tasks)
    {
        var plan = new LoadPlan { Relay = new Uri("ws://localhost:1/ws?x=1"), Redis = RedisUrl.For("localhost", 1), Clients = 20, Tasks = tasks };

        for (int client = 0; client < plan.Clients; client++)
        {
            DeliveryCheck check = plan.CheckFor(client);
            for (long number = 1; number <= 50; number++)
            {
                bool owed = tasks == 0 || plan.TaskOf(number) == plan.TaskOf(client);
                if (owed) Assert.True(check.Record(number, out _));
            }

            Assert.Equal((0, 0, 0, 0), Faults(check, last: 50));
        }

        Assert.Equal(tasks == 0 ? "/ws?x=1" : "/ws?x=1&task=task-3", plan.TargetOf(10));
    }

    [Theory]
    [InlineData(1000, 1, 10)]
    [InlineData(100, 0, 0)]
    [InlineData(10, 50, 5)]
    [InlineData(3, 33.4, 1)]
    public void Plan_applies_the_slow_percentage(int clients, double percent, int slow)
    {
        var plan = new LoadPlan { Relay = new Uri("ws://localhost/ws"), Redis = RedisUrl.For("localhost", 1), Clients = clients, SlowPercent = percent };

        Assert.Equal(slow, plan.SlowClients);
        Assert.Equal(slow, Enumerable.Range(0, clients).Count(plan.IsSlow));
    }

    private static (long Lost, long Duplicates, long OutOfOrder, long Strays) Faults(DeliveryCheck check, long last) =>
        (check.LostUpTo(last), check.Duplicates, check.OutOfOrder, check.Strays);
}
