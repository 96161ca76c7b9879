using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Recording;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Bench.Micro;

/// <summary>The flight recorder: the cost of an event, of a round, and of a client that is served, with the recorder on and off.</summary>
internal static class RecorderCases
{
    public static IEnumerable<MicroCase> All { get; } =
    [
        new("recorder/accept-200B", Accept),
        new("recorder/round", Round),
        Serve("recorder/serve-client-on", new RecorderOptions()),
        Serve("recorder/serve-client-off", new RecorderOptions { Bytes = 0 }),
    ];

    private static Action<int> Accept()
    {
        var recorder = new FlightRecorder(new RecorderOptions(), 1, TimeProvider.System);
        var decoded = new DecodedEvent();
        RefusalReason refusal = new EventDecoder(new EventLimits()).Decode(Payloads.Progress, decoded);
        if (refusal != RefusalReason.None) throw new InvalidOperationException($"The event was refused: {refusal}.");
        return times =>
        {
            for (int i = 0; i < times; i++) recorder.Events!.Accept(decoded, "cecelia:events"u8, new Acceptance(i, 7, 7, IsStale: false));
        };
    }

    private static Action<int> Round()
    {
        var recorder = new FlightRecorder(new RecorderOptions(), 1, TimeProvider.System);
        PumpNotes notes = recorder.NotesOf(0)!;
        long entry = 0;
        return times =>
        {
            for (int i = 0; i < times; i++)
            {
                recorder.Flushed.Begin(entry++);
                recorder.Flushed.End();
                notes.BeginRound();
                notes.EndRound();
            }
        };
    }

    /// <summary>The work of a pump for one event and one client, with a transport that takes everything at once.</summary>
    private static MicroCase Serve(string name, RecorderOptions options) => new(name, () =>
    {
        var fanout = new FanoutOptions { PumpThreads = 1 };
        var pumps = new PumpSet(fanout, _ => { }, NullLogger<Pump>.Instance, new FlightRecorder(options, 1, TimeProvider.System));
        var view = new View(new ViewKind(Filter.None, WireFormat.Cecelia, FrameEncoding.Plain), 0, fanout, new SegmentPool(), pumps);
        var client = new Client(view.On(0), new StartPoint(null, null, view.Buffer.End), _ => new NullSink(), _ => { }, (_, _) => { });
        byte[] frame = Frames.Text(Payloads.Progress);
        return times =>
        {
            for (int i = 0; i < times; i++)
            {
                view.Buffer.Append(frame, i, 0);
                client.Drain();
            }
        };
    });

    private sealed class NullSink : ISink
    {
        public bool Busy => false;

        public Task Pending => Task.CompletedTask;

        public long Progress => 0;

        public int Send(ReadOnlySpan<byte> bytes) => bytes.Length;

        public void SendLater(ReadOnlySpan<byte> bytes)
        {
        }

        public void Dispose()
        {
        }
    }
}
