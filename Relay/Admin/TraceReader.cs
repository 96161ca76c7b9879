using System.Buffers;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Recording;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Admin;

/// <summary>Answers what became of events at this instance (PROTOCOL.md, <i>Traces</i>). Any thread; one trace at a time is read.</summary>
internal sealed class TraceReader(FlightRecorder recorder, ConnectionTable connections, Instance instance, TimeProvider time) : IDisposable
{
    /// <summary>Maximum number of events in an answer about a task or an execution: the newest.</summary>
    private const int MaxEvents = 100;

    /// <summary>The same for the key of one event, of which many connections are listed.</summary>
    private const int MaxOfOneKey = 20;

    /// <summary>Maximum number of gaps in an answer: the newest.</summary>
    private const int MaxGaps = 10;

    // Reading takes a core for some milliseconds, and memory for the notes of slow clients.
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Returns the answer, a JSON object.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(TraceKey key, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            Trace trace = Read(key);
            var answer = new ArrayBufferWriter<byte>(1024);
            new TraceJson(trace, Connections()).Write(answer);
            return answer.WrittenMemory;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private Trace Read(TraceKey key)
    {
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (recorder.Events is not { } events)
        {
            return new Trace(key, instance.Name, [], [], 0)
            {
                Outcome = TraceOutcome.NotRecorded,
                Reason = "the flight recorder is off (CECELIA_RECORDER_BYTES)",
            };
        }

        var found = new NewestRecords(key.Kind == TraceKind.Event ? MaxOfOneKey : MaxEvents);
        var gaps = new NewestRecords(MaxGaps);
        var reach = new Reach(key, recorder.StartedMs, nowMs);
        var record = new EventRecord();
        for (long position = 0; record.TryRead(events.Accepted, ref position);)
        {
            reach.AddAccepted(record);
            if (key.Matches(record)) found.Add(record);
        }

        List<(byte[] Source, long Seq)> numbers = [.. found.Items.Where(one => one.Header.Seq >= 0).Select(one => (one.Source.ToArray(), one.Header.Seq))];
        for (long position = 0; record.TryRead(events.Others, ref position);)
        {
            reach.AddOther(record);
            if (record.Outcome == EventOutcome.Gap) gaps.Add(record);
            else if (key.Matches(record) || IsRepeated(record, numbers)) found.Add(record);
        }

        (TraceOutcome outcome, string reason) = found.Count > 0
            ? (TraceOutcome.Recorded, "")
            : reach.Explain(events.Accepted.HasDropped, events.Others.HasDropped);
        return new Trace(key, instance.Name, [.. found.Items.OrderBy(one => one.Header.TimeMs)], gaps.Items, found.Count - found.Items.Count)
        {
            Outcome = outcome,
            Reason = reason,
            StartedMs = recorder.StartedMs,
            AcceptedSinceMs = events.Accepted.HasDropped ? reach.AcceptedSinceMs : recorder.StartedMs,
            OthersSinceMs = events.Others.HasDropped ? reach.OthersSinceMs : recorder.StartedMs,
            EndedSinceMs = connections.Ended.CompleteSinceMs is > 0 and var endedMs ? endedMs : recorder.StartedMs,
        };
    }

    /// <summary>Returns whether a record is a repetition of an event that was found by another key.</summary>
    private static bool IsRepeated(EventRecord record, List<(byte[] Source, long Seq)> numbers)
    {
        foreach ((byte[] source, long seq) in numbers)
        {
            if (TraceKey.IsNumberOf(record, source, seq)) return true;
        }

        return false;
    }

    /// <summary>Returns all connections, first those that are open: one that ends meanwhile is found among the ended.</summary>
    private List<ConnectionRecord> Connections()
    {
        var open = new List<Connection>();
        connections.CopyTo(open);
        List<ConnectionRecord> ended = [];
        connections.Ended.CopyTo(ended);
        HashSet<long> known = [.. ended.Select(one => one.Origin.Number)];
        return [.. open.Where(one => !known.Contains(one.Origin.Number)).Select(one => one.ToRecord()), .. ended];
    }
}

/// <summary>The newest records of a kind, oldest first.</summary>
internal sealed class NewestRecords(int max)
{
    private readonly Queue<EventRecord> _items = new();

    /// <summary>Number of records that were added.</summary>
    public int Count { get; private set; }

    public IReadOnlyCollection<EventRecord> Items => _items;

    /// <summary>Adds a copy, and drops the oldest if there are too many.</summary>
    public void Add(EventRecord record)
    {
        Count++;
        if (_items.Count == max) _items.Dequeue();
        _items.Enqueue(record.Copy());
    }
}
