using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Tests.Connections;

public sealed class LateConnectionTests
{
    [Fact]
    public async Task Connection_that_is_added_after_the_end_of_the_shutdown_is_ended()
    {
        var options = new ConnectionOptions { ShutdownGrace = TimeSpan.Zero };
        var fanout = new FanoutOptions { PumpThreads = 1 };
        using var pumps = new PumpSet(fanout, _ => { }, NullLogger<Pump>.Instance);
        using var timeline = new TestTimeline(fanout, pumps);
        var table = new ConnectionTable(options, new ReadinessGate(TimeProvider.System));
        await new Drain(table, options, TimeProvider.System, NullLogger<Drain>.Instance).RunAsync(_ => Task.CompletedTask).Within();
        View view = timeline.Reader.Acquire(new ViewKind(Filter.None, WireFormat.Cecelia, FrameEncoding.Plain))!;
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
        var late = new LateConnection(
            new AcceptedConnection(
                context, _ => new Fanout.CountingSink(), view.On(0), timeline.Reader.StartAtHead(view), Greeting: null),
            options,
            timeline.Reader);

        table.Add(late);

        Assert.True(late.HasEnded);
    }

    private sealed class LateConnection(AcceptedConnection accepted, ConnectionOptions options, TimelineReader feed)
        : Connection(accepted, options, TimeProvider.System, feed)
    {
        public override Transport Transport => Transport.WebSocket;

        public bool HasEnded { get; private set; }

        public override void End() => HasEnded = true;

        public override Task RunAsync(Stream input) => Task.CompletedTask;

        protected override bool TryRead(Span<byte> input) => false;

        protected override void SendBye(CloseReason reason, TimeSpan retryWithin)
        {
        }

        protected override void CheckHeartbeat(long nowMs)
        {
        }
    }
}
