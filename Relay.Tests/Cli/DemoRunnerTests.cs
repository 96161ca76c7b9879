using Cecelia.Relay.Cli;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Cli;

public sealed class DemoRunnerTests
{
    private static readonly TimeSpan Deadline = TestTimeouts.Default;

    [Fact]
    public async Task Run_to_the_count_publishes_every_event_and_ends_with_a_summary()
    {
        using var terminal = new TestTerminal(time: new FastTime(factor: 500));
        var sent = new List<byte[]>();
        var runner = new DemoRunner(new DemoBrain(new DemoPlan { Count = 20, Rate = 20 }, new Random(1)), Send, terminal.Terminal);

        await runner.RunAsync(CancellationToken.None).WaitAsync(Deadline);

        Assert.Equal((sent.Count, 0), (runner.Published, runner.NotPublished));
        Assert.Contains("20 tasks: 0 queued, 0 running", Assert.Single(terminal.OutLines), StringComparison.Ordinal);

        Task<long> Send(byte[] payload)
        {
            sent.Add(payload);
            return Task.FromResult(1L);
        }
    }

    [Fact]
    public async Task Outage_of_Redis_is_reported_once_and_lost_events_are_counted()
    {
        using var terminal = new TestTerminal(time: new FastTime(factor: 200));
        using var stop = new CancellationTokenSource(Deadline);
        int calls = 0;
        DemoRunner? runner = null;
        runner = new DemoRunner(new DemoBrain(new DemoPlan { Rate = 10, Slots = 10 }, new Random(1)), Send, terminal.Terminal);

        await runner.RunAsync(stop.Token).WaitAsync(Deadline);

        string[] errors = terminal.ErrorLines;
        Assert.Equal("Redis is unreachable. The demo continues and publishes again when Redis is reachable.", errors[0]);
        Assert.StartsWith("Redis is reachable again. ", errors[1], StringComparison.Ordinal);
        Assert.Equal(2, errors.Length);
        Assert.True(runner.NotPublished > 0);
        Assert.Contains($", {runner.NotPublished} not published", terminal.OutLines[^1], StringComparison.Ordinal);

        async Task<long> Send(byte[] payload)
        {
            calls++;
            if (calls is > 10 and < 15) throw new RedisUnreachableException("Redis is unreachable");
            if (calls == 40) await stop.CancelAsync();
            return 1;
        }
    }

    [Fact]
    public async Task Cancellation_ends_the_run_with_a_summary()
    {
        using var terminal = new TestTerminal();
        using var stop = new CancellationTokenSource();
        Task run = new DemoRunner(new DemoBrain(new DemoPlan(), new Random(1)), _ => Task.FromResult(0L), terminal.Terminal).RunAsync(stop.Token);

        await stop.CancelAsync();
        await run.WaitAsync(Deadline);

        Assert.Contains("no subscribers", terminal.OutLines[^1], StringComparison.Ordinal);
    }

    /// <summary>A clock that runs faster than real time. Its timers do not.</summary>
    private sealed class FastTime(int factor) : TimeProvider
    {
        private readonly DateTimeOffset _start = System.GetUtcNow();
        private readonly long _origin = System.GetTimestamp();

        public override long GetTimestamp() => _origin + ((System.GetTimestamp() - _origin) * factor);

        public override DateTimeOffset GetUtcNow() => _start + GetElapsedTime(_origin);
    }
}
