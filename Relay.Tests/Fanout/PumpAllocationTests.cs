using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Recording;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Tests.Fanout;

/// <summary>Delivery does not allocate: what the pump's thread allocates does not grow with events or clients.</summary>
[Collection(SerialTests.Name)]
public sealed class PumpAllocationTests
{
    private const int Clients = 10;

    [Fact]
    public void Delivery_of_10000_events_to_10_clients_does_not_allocate_on_the_pump_thread()
    {
        var options = new FanoutOptions { BufferBytes = 1024 * 1024, PumpThreads = 1 };
        var recorder = new FlightRecorder(new RecorderOptions { Bytes = 1024 * 1024 }, 1, TimeProvider.System);
        using var pumps = new PumpSet(options, _ => { }, NullLogger<Pump>.Instance, recorder);
        var view = new View(new ViewKind(Filter.None, WireFormat.Cecelia, FrameEncoding.Plain), 0, options, new SegmentPool(), pumps);
        pumps.Start();
        CountingSink[] sinks = [.. Enumerable.Range(0, Clients).Select(_ => Add(pumps, view))];
        byte[] frame = Frames.Text(System.Text.Encoding.UTF8.GetBytes(Numbered.Payload(1, new string('x', 100))));
        int events = 0;

        // The warm-up wraps the buffer once, so that segments are evicted and reused.
        Deliver(20_000);
        long before = sinks[^1].Allocated;
        Deliver(10_000);

        Assert.Equal(0, sinks[^1].Allocated - before);
        Assert.All(sinks, sink => Assert.Equal((long)events * frame.Length, sink.Bytes));

        void Deliver(int count)
        {
            for (int i = 0; i < count; i++)
            {
                view.Buffer.Append(frame, 0, 0);
                events++;
                if (i % 8 != 7) continue;
                recorder.Flushed.Begin(events);
                view.MarkDirty(1);
                recorder.Flushed.End();
                if (!SpinWait.SpinUntil(() => pumps.Delivered == (long)events * Clients, TestTimeouts.Default))
                {
                    Assert.Fail($"{pumps.Delivered} of {(long)events * Clients} were delivered");
                }
            }
        }
    }

    private static CountingSink Add(PumpSet pumps, View view)
    {
        var sink = new CountingSink();
        var client = new Client(
            view.On(0),
            new StartPoint(null, null, view.Buffer.End),
            _ => sink,
            failure => Assert.Fail($"{failure}"),
            (_, _) => Assert.Fail("it lagged"));
        client.Wake();
        return sink;
    }
}
