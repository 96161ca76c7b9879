using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Bench.Micro;

/// <summary>The shared log of frames: appending, reading behind the writer, and an event's whole way from a publisher's bytes into the log.</summary>
internal static class LogCases
{
    public static IEnumerable<MicroCase> All { get; } =
    [
        Append("log/append-200B", Payloads.Progress),
        Append("log/append-4KB", Payloads.Large),
        AppendAndRead("log/append-read-200B", Payloads.Progress),
        AppendAndRead("log/append-read-4KB", Payloads.Large),
        new("journal/append-200B", AppendToJournal),
        new("event/decode-to-log-200B", WholeWay),
    ];

    private static OutboundBuffer NewLog() => new(new FanoutOptions(), new SegmentPool(), 0);

    private static MicroCase Append(string name, byte[] message) => new(name, () =>
    {
        OutboundBuffer log = NewLog();
        byte[] frame = Frames.Text(message);
        return times =>
        {
            for (int i = 0; i < times; i++) log.Append(frame, i, 0);
        };
    });

    private static MicroCase AppendAndRead(string name, byte[] message) => new(name, () =>
    {
        OutboundBuffer log = NewLog();
        byte[] frame = Frames.Text(message);
        BufferOffset position = log.End;
        return times =>
        {
            for (int i = 0; i < times; i++)
            {
                log.Append(frame, i, 0);
                Read(log, ref position);
            }
        };
    });

    /// <summary>What a pump does for a client, up to the send.</summary>
    private static void Read(OutboundBuffer log, ref BufferOffset position)
    {
        if (!log.TryHold(ref position, out Segment? segment, out _)) throw new InvalidOperationException("What was just appended is not there.");
        (int bytes, int frames) = segment.Committed;
        _ = segment.Read(position.Offset, bytes);
        position = new BufferOffset(position.Segment, bytes, segment.FirstFrame + frames);
        segment.Release();
    }

    private static Action<int> AppendToJournal()
    {
        var journal = new EventJournal(new JournalOptions(), 0);
        byte[] payload = [.. Payloads.Progress];
        int number = 0;
        return times =>
        {
            for (int i = 0; i < times; i++)
            {
                // All different, as events are that carry a time.
                BitConverter.TryWriteBytes(payload, number++);
                journal.Append(payload, 0);
            }
        };
    }

    /// <summary>What the ingest thread does for an event that one unfiltered view gets: decode, journal, state, encode, append.</summary>
    private static Action<int> WholeWay()
    {
        var options = new FanoutOptions();
        var pool = new SegmentPool();
        var views = new ViewTable(options, pool, new PumpSet(options, _ => { }, NullLogger<Pump>.Instance));
        var timeline = new Timeline(options, new JournalOptions(), new StateOptions(), new EventLimits(), views, TimeProvider.System);
        var feed = new Feed(timeline, new SnapshotMaker(options, timeline, TimeProvider.System), views, TimeProvider.System);
        timeline.Acquire(new ViewKind(Filter.None, WireFormat.Cecelia, FrameEncoding.Plain));
        var decoder = new EventDecoder(new EventLimits());
        var decoded = new DecodedEvent();
        return times =>
        {
            for (int i = 0; i < times; i++)
            {
                decoder.Decode(Payloads.Progress, decoded);
                feed.Accept(decoded);
            }
        };
    }
}
