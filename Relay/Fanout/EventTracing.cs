using System.Diagnostics;
using Cecelia.Relay.Events;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// Continues the traces of publishers: of an event with a sampled <c>traceparent</c>, the reception and each round that sends it are recorded as spans, and
/// its lag with an exemplar. An event without one, or of a trace that is not selected, allocates nothing. Any thread.
/// </summary>
/// <param name="options">The share of the traces that are selected.</param>
/// <param name="lagged">Receives the timestamp of a traced event in Unix milliseconds, its trace and the span of a round that sent it.</param>
/// <param name="time">The clock.</param>
internal sealed class EventTracing(FanoutOptions options, Action<long, ActivityTraceId, ActivitySpanId> lagged, TimeProvider time)
{
    // A trace is selected if the last 56 bits of its id, which are random, are below this: the same ones at every instance, without coordination.
    private readonly ulong _below = (ulong)(options.TraceRatio * (1UL << 56));

    /// <summary>Returns a record of the event if its trace is selected, otherwise null. Starts the span of its reception.</summary>
    public TracedEvent? Receive(DecodedEvent e)
    {
        if (e.RawTraceParent.IsEmpty || _below == 0) return null;
        ReadOnlySpan<byte> parent = e.RawTraceParent[1..^1];
        if (!TraceParent.IsSampled(parent) || TraceParent.RandomOf(parent) >= _below) return null;
        ActivityContext publisher = TraceParent.ContextOf(parent);
        Activity? span = Spans.Start(Spans.EventReceive, ActivityKind.Consumer, publisher);
        return new TracedEvent(this, span, publisher, e.RawTimestamp.IsEmpty ? time.GetUtcNow().ToUnixTimeMilliseconds() : e.TimestampMs, time.GetUtcNow());
    }

    /// <summary>Records a round that sent the event to the clients of a view on one pump.</summary>
    internal void RecordRound(TracedEvent traced, View view, int clients)
    {
        ActivityContext context = traced.Context;
        using Activity? span = Spans.Start(Spans.EventFanout, ActivityKind.Producer, context, traced.ReceivedAt);
        span?.SetTag("relay.view.format", view.Kind.Format.ToString());
        span?.SetTag("relay.view.encoding", view.Kind.Encoding.ToString());
        span?.SetTag("relay.clients", clients);
        lagged(traced.TimestampMs, context.TraceId, span?.SpanId ?? context.SpanId);
    }
}

/// <summary>An event whose trace is continued. Created by the ingest thread, and read by the pumps afterwards.</summary>
internal sealed class TracedEvent(EventTracing tracing, Activity? receive, ActivityContext publisher, long timestampMs, DateTimeOffset receivedAt)
{
    private Activity? _receive = receive;

    /// <summary>The context of the span of its reception, or of the publisher's span if spans are not recorded.</summary>
    public ActivityContext Context { get; } = receive?.Context ?? publisher;

    /// <summary>Its timestamp, or the time of its receipt if it has none, in Unix milliseconds.</summary>
    public long TimestampMs => timestampMs;

    /// <summary>The time at which it was received.</summary>
    public DateTimeOffset ReceivedAt => receivedAt;

    /// <summary>Ends the span of its reception: its frames are in the outbound buffers. For the ingest thread.</summary>
    public void EndReceive()
    {
        _receive?.Dispose();
        _receive = null;
    }

    /// <inheritdoc cref="EventTracing.RecordRound"/>
    public void RecordRound(View view, int clients) => tracing.RecordRound(this, view, clients);
}
