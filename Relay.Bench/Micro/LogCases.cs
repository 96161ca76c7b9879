using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Views;

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
        new("event/decode-to-log-200B", WholeWay),
    ];

    private static FrameLog NewLog() => new(new FanoutOptions(), new SegmentPool());

    private static MicroCase Append(string name, byte[] message) => new(name, () =>
    {
        FrameLog log = NewLog();
        byte[] frame = Frames.Text(message);
        return times =>
        {
            for (int i = 0; i < times; i++) log.Append(frame, 0);
        };
    });

    private static MicroCase AppendAndRead(string name, byte[] message) => new(name, () =>
    {
        FrameLog log = NewLog();
        byte[] frame = Frames.Text(message);
        LogPosition position = log.End;
        return times =>
        {
            for (int i = 0; i < times; i++)
            {
                log.Append(frame, 0);
                Read(log, ref position);
            }
        };
    });

    /// <summary>What a pump does for a client, up to the send.</summary>
    private static void Read(FrameLog log, ref LogPosition position)
    {
        if (!log.TryHold(ref position, out Segment? segment, out _)) throw new InvalidOperationException("What was just appended is not there.");
        (int bytes, int frames) = segment.Committed;
        _ = segment.Read(position.Offset, bytes);
        position = new LogPosition(position.Segment, bytes, segment.FirstFrame + frames);
        segment.Release();
    }

    /// <summary>What the ingest thread does for an event that one unfiltered view gets.</summary>
    private static Action<int> WholeWay()
    {
        var decoder = new EventDecoder(new EventLimits());
        var decoded = new DecodedEvent();
        var index = new FilterIndex<FrameLog>();
        index.Add(Filter.None, NewLog());
        var found = new List<FrameLog>();
        var writer = new FrameWriter(new FanoutOptions().CompressionMinBytes);
        return times =>
        {
            for (int i = 0; i < times; i++)
            {
                decoder.Decode(Payloads.Progress, decoded);
                found.Clear();
                index.Find(decoded, found);
                writer.End(CeceliaDialect.Write(decoded, writer.Begin(CeceliaDialect.MaxLength(decoded)), 0));
                foreach (FrameLog log in found) log.Append(writer.Frame(FrameEncoding.Plain), 0);
            }
        };
    }
}
