using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Telemetry;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Tests.Connections;

public sealed class ConnectionTests
{
    /// <summary>
    /// The sweeper works on a copy of the table, so a connection may end, and its request be torn down, while it is being swept. An exception
    /// there would be thrown on a timer's thread, which ends the process.
    /// </summary>
    [Fact]
    public void Connection_whose_request_has_ended_can_still_be_swept_closed_and_aborted()
    {
        var options = new ConnectionOptions { PingInterval = TimeSpan.Zero };
        var fanout = new FanoutOptions { PumpThreads = 1 };
        using var pumps = new PumpSet(fanout, _ => { }, NullLogger<Pump>.Instance);
        var view = new View(new ViewKind(Filter.None, WireFormat.Cecelia, FrameEncoding.Plain), 0, fanout, new SegmentPool(), pumps);
        using var timeline = new TestTimeline(fanout, pumps);
        TimelineReader feed = timeline.Reader;
        var instance = new Instance();
        var queue = new CommandQueue();
        var counts = new CommandCounts(queue);
        var audit = new CommandAudit(new CommandOptions(), TimeProvider.System, NullLogger<CommandAudit>.Instance);
        var commands = new CommandIntake(
            new CommandOptions(),
            queue,
            new CommandResults(queue, counts, audit, TimeProvider.System),
            audit,
            new ReplyTable(instance, counts, TimeProvider.System),
            instance,
            TimeProvider.System);
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
        var accepted = new AcceptedConnection(context, _ => new EndedSink(), view.On(0), feed.StartAtHead(view), Greeting: null);
        var connection = new WebSocketConnection(accepted, options, TimeProvider.System, feed, commands);
        context.Uninitialize();

        connection.Abort();
        connection.CheckDeadlines(sendTimeoutMs: 0);
        connection.Close(CloseReason.Stalled);

        Assert.Equal(CloseReason.Stalled, connection.Reason);
    }

    /// <summary>
    /// On a connection that carries requests one after another, or several at once, a late abort by the sweeper must not affect the next request.
    /// </summary>
    [Fact]
    public async Task Ended_connection_is_not_aborted_again()
    {
        var fanout = new FanoutOptions { PumpThreads = 1 };
        using var pumps = new PumpSet(fanout, _ => { }, NullLogger<Pump>.Instance);
        pumps.Start();
        var view = new View(new ViewKind(Filter.None, WireFormat.Subprotocol, FrameEncoding.EventStream), 0, fanout, new SegmentPool(), pumps);
        using var timeline = new TestTimeline(fanout, pumps);
        TimelineReader feed = timeline.Reader;
        var options = new ConnectionOptions();
        var request = new CountedAborts();
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestLifetimeFeature>(request);
        var greeting = new RelayGreeting("c", "i", options, null, TimeProvider.System, FrameEncoding.EventStream, TimeSpan.Zero);
        var accepted = new AcceptedConnection(context, _ => new EndedSink { Busy = false }, view.On(0), feed.StartAtHead(view), greeting);
        var connection = new EventStreamConnection(accepted, options, TimeProvider.System, feed);
        connection.Client.Wake();

        connection.Abort();
        Assert.Equal(1, request.Aborts);
        await connection.EndAsync().Within();
        connection.Abort();
        connection.CheckDeadlines(sendTimeoutMs: 0);
        connection.Close(CloseReason.Stalled);

        Assert.Equal(1, request.Aborts);
        Assert.Equal(CloseReason.PeerGone, connection.Reason);
    }

    private sealed class CountedAborts : IHttpRequestLifetimeFeature
    {
        public int Aborts { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => Aborts++;
    }

    /// <summary>A sink that is busy by default, as after a send that never completed.</summary>
    private sealed class EndedSink : ISink
    {
        public bool Busy { get; init; } = true;

        public Task Pending => Task.CompletedTask;

        public long Progress => 0;

        public int Send(ReadOnlySpan<byte> bytes) => SinkResult.Broken;

        public void SendLater(ReadOnlySpan<byte> bytes) => throw new InvalidOperationException();


        public void Dispose()
        {
        }
    }
}
