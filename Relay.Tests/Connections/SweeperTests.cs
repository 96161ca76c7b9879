using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging;

namespace Cecelia.Relay.Tests.Connections;

public sealed class SweeperTests
{
    [Fact]
    public async Task Connection_that_fails_to_be_swept_is_closed_and_the_others_are_still_swept()
    {
        var options = new ConnectionOptions { PingInterval = TimeSpan.FromMilliseconds(20) };
        var fanout = new FanoutOptions { PumpThreads = 1 };
        using var pumps = new PumpSet(fanout, _ => { }, NullLogger<Pump>.Instance);
        using var timeline = new TestTimeline(fanout, pumps);
        TimelineReader feed = timeline.Reader;
        var table = new ConnectionTable(options, new ReadinessGate(TimeProvider.System));
        SweptConnection faulty = Add(fails: true);
        SweptConnection healthy = Add(fails: false);
        var logs = new LogCapture();
        using ILoggerFactory loggers = LoggerFactory.Create(logging => logging.AddProvider(logs));
        using var stop = new CancellationTokenSource();

        Task sweeping = new Sweeper(table, options, fanout, timeline.Feed, TimeProvider.System, loggers.CreateLogger<Sweeper>()).RunAsync(stop.Token);
        await Eventually.TrueAsync(() => healthy.Checks >= 3, TestTimeouts.Default);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sweeping.Within());

        Assert.Equal((CloseReason.InternalError, CloseReason.None), (faulty.Reason, healthy.Reason));
        // Only once: it is closing after that.
        Assert.Equal(1, faulty.Checks);
        Assert.IsType<OutOfMemoryException>(Assert.Single(logs.Lines).Fault);

        SweptConnection Add(bool fails)
        {
            View view = feed.Acquire(new ViewKind(Filter.None, WireFormat.Cecelia, FrameEncoding.Plain))!;
            var context = new DefaultHttpContext();
            context.Features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
            var connection = new SweptConnection(
                new AcceptedConnection(context, _ => new Fanout.CountingSink(), view.On(0), feed.StartAtHead(view), Greeting: null),
                options,
                feed,
                fails);
            table.Add(connection);
            return connection;
        }
    }

    private sealed class SweptConnection(AcceptedConnection accepted, ConnectionOptions options, TimelineReader feed, bool fails)
        : Connection(accepted, options, TimeProvider.System, feed)
    {
        public override Transport Transport => Transport.WebSocket;

        public int Checks { get; private set; }

        public override Task RunAsync(Stream input) => Task.CompletedTask;

        protected override bool TryRead(Span<byte> input) => false;

        protected override void SendBye(CloseReason reason, TimeSpan retryWithin)
        {
        }

        protected override void CheckHeartbeat(long nowMs)
        {
            Checks++;
            if (fails) throw Shortage.Of("memory");
        }
    }
}
