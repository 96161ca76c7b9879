using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Bench.Micro;

/// <summary>The outbound buffer: appending, reading behind the writer, and the processing of an event from its payload to the buffer.</summary>
internal static class BufferCases
{
    public static IEnumerable<MicroCase> All { get; } =
    [
        Append("buffer/append-200B", Payloads.Progress),
        Append("buffer/append-4KB", Payloads.Large),
        AppendAndRead("buffer/append-read-200B", Payloads.Progress),
        AppendAndRead("buffer/append-read-4KB", Payloads.Large),
        new("journal/append-200B", AppendToJournal),
        new("event/decode-to-buffer-200B", DecodeToBuffer),
    ];

    private static OutboundBuffer NewBuffer() => new(new FanoutOptions(), new SegmentPool(), 0);

    private static MicroCase Append(string name, byte[] message) => new(name, () =>
    {
        OutboundBuffer buffer = NewBuffer();
        byte[] frame = Frames.Text(message);
        return times =>
        {
            for (int i = 0; i < times; i++) buffer.Append(frame, i, 0);
        };
    });

    private static MicroCase AppendAndRead(string name, byte[] message) => new(name, () =>
    {
        OutboundBuffer buffer = NewBuffer();
        byte[] frame = Frames.Text(message);
        BufferOffset position = buffer.End;
        return times =>
        {
            for (int i = 0; i < times; i++)
            {
                buffer.Append(frame, i, 0);
                Read(buffer, ref position);
            }
        };
    });

    /// <summary>The work of a pump for a client, without the send.</summary>
    private static void Read(OutboundBuffer buffer, ref BufferOffset position)
    {
        if (!buffer.TryHold(ref position, out Segment? segment, out _)) throw new InvalidOperationException("The appended frame was not found.");
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
                // Make the payloads different, like those of events with a time.
                BitConverter.TryWriteBytes(payload, number++);
                journal.Append(payload, 0);
            }
        };
    }

    /// <summary>The work of the ingest thread for an event with one unfiltered view: decode, journal, state, encode, append.</summary>
    private static Action<int> DecodeToBuffer()
    {
        var options = new FanoutOptions();
        var pool = new SegmentPool();
        var views = new ViewTable(options, pool, new PumpSet(options, _ => { }, NullLogger<Pump>.Instance));
        var timeline = new Timeline(options, new JournalOptions(), new StateOptions(), new EventLimits(), views, TimeProvider.System);
        var tracing = new EventTracing(options, (_, _, _) => { }, TimeProvider.System);
        var feed = new Feed(timeline, new SnapshotMaker(options, timeline, TimeProvider.System), views, tracing, TimeProvider.System);
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
