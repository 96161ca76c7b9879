using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Recording;

namespace Cecelia.Relay.Admin;

/// <summary>Writes a trace as JSON (PROTOCOL.md, <i>Traces</i>). For one thread.</summary>
internal sealed class TraceJson(Trace trace, IReadOnlyList<ConnectionRecord> connections)
{
    /// <summary>Maximum number of connections that are listed for an event.</summary>
    private const int MaxConnectionsOfEvent = 200;

    /// <summary>The same for each event of a task or an execution.</summary>
    private const int MaxConnectionsOfMany = 10;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Deliveries _deliveries = new();

    public void Write(IBufferWriter<byte> destination)
    {
        using var json = new Utf8JsonWriter(destination, Options);
        json.WriteStartObject();
        json.WriteString("instance", trace.Instance);
        json.WriteString("outcome", trace.Outcome.ToWireName());
        if (trace.Reason.Length > 0) json.WriteString("reason", trace.Reason);
        if (trace.StartedMs > 0) WriteRecording(json);
        json.WriteStartArray("events");
        foreach (EventRecord record in trace.Events) WriteEvent(json, record);
        json.WriteEndArray();
        json.WriteNumber("more", trace.More);
        json.WriteStartArray("gaps");
        foreach (EventRecord gap in trace.Gaps) WriteGap(json, gap);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, long unixMs) => json.WriteString(name, RelayMessage.Time(unixMs));

    private static void WriteText(Utf8JsonWriter json, string name, ReadOnlySpan<byte> text)
    {
        // Through a string, since the writer accepts only valid UTF-8.
        if (!text.IsEmpty) json.WriteString(name, Encoding.UTF8.GetString(text));
    }

    private void WriteRecording(Utf8JsonWriter json)
    {
        long deliveriesMs = trace.StartedMs;
        foreach (PumpNotes notes in connections.Select(one => one.Notes).OfType<PumpNotes>().Distinct())
        {
            if (Deliveries.SinceMs(notes) is { } sinceMs) deliveriesMs = Math.Max(deliveriesMs, sinceMs);
        }

        json.WriteStartObject("recording");
        WriteTime(json, "started", trace.StartedMs);
        WriteTime(json, "accepted_since", trace.AcceptedSinceMs);
        WriteTime(json, "others_since", trace.OthersSinceMs);
        WriteTime(json, "deliveries_since", deliveriesMs);
        WriteTime(json, "ended_connections_since", trace.EndedSinceMs);
        json.WriteEndObject();
    }

    private static void WriteGap(Utf8JsonWriter json, EventRecord gap)
    {
        json.WriteStartObject();
        WriteTime(json, "at", gap.Header.TimeMs);
        WriteText(json, "cause", gap.Reason);
        if (gap.Header.Length >= 0) json.WriteNumber("missed", gap.Header.Length);
        else json.WriteNull("missed");
        WriteText(json, "source", gap.Detail);
        if (gap.Header.Seq >= 0) json.WriteNumber("from_seq", gap.Header.Seq);
        if (gap.Header.ToSeq >= 0) json.WriteNumber("to_seq", gap.Header.ToSeq);
        json.WriteEndObject();
    }

    private void WriteEvent(Utf8JsonWriter json, EventRecord record)
    {
        EventHeader header = record.Header;
        json.WriteStartObject();
        WriteTime(json, "at", header.TimeMs);
        json.WriteString("outcome", record.Outcome.ToWireName());
        WriteText(json, "event", record.Name);
        WriteText(json, "source", record.Source);
        if (header.Seq >= 0) json.WriteNumber("seq", header.Seq);
        WriteText(json, "id", record.Id);
        if (header.Entry >= 0) json.WriteString("position", new StreamPosition(header.Hash, header.TimeMs).ToString());
        WriteText(json, "project_id", record.Project);
        WriteText(json, "task_id", record.Task);
        WriteText(json, "execution_id", record.Execution);
        WriteText(json, "channel", record.Channel);
        json.WriteNumber("bytes", header.Length);
        if (header.IsStored != 0) json.WriteBoolean("from_stream", true);
        if (record.Outcome == EventOutcome.Accepted) json.WriteBoolean("stale", header.IsStale != 0);
        WriteText(json, "reason", record.Reason);
        WriteText(json, "detail", record.Detail);
        WriteText(json, "excerpt", record.Excerpt);
        if (record.Outcome == EventOutcome.Accepted) WriteDeliveries(json, record);
        json.WriteEndObject();
    }

    private void WriteDeliveries(Utf8JsonWriter json, EventRecord record)
    {
        int max = trace.Key.Kind == TraceKind.Event ? MaxConnectionsOfEvent : MaxConnectionsOfMany;
        var all = new List<(string Outcome, Delivery Delivery, ConnectionRecord Connection)>();
        foreach (ConnectionRecord connection in connections)
        {
            if (connection.EndedMs < record.Header.TimeMs) continue;
            if (!connection.View.Filter.Matches(record.Project, record.Task, record.Execution, record.Name)) continue;
            if (_deliveries.Of(connection, record.Header.Entry) is { } delivery) all.Add((NameOf(delivery, record, connection), delivery, connection));
        }

        json.WriteStartObject("deliveries");
        json.WriteStartObject("counts");
        foreach (IGrouping<string, string> group in all.Select(one => one.Outcome).GroupBy(name => name)) json.WriteNumber(group.Key, group.Count());
        json.WriteEndObject();
        json.WriteStartArray("connections");
        // Those that were not given the event first, since they are what a reader looks for.
        IEnumerable<(string Outcome, Delivery Delivery, ConnectionRecord Connection)> listed = all
            .OrderBy(one => one.Delivery.Outcome == DeliveryOutcome.Given)
            .Take(max);
        foreach ((string outcome, Delivery delivery, ConnectionRecord connection) in listed)
        {
            json.WriteStartObject();
            json.WriteString("id", connection.Origin.Id);
            json.WriteString("outcome", outcome);
            if (delivery.TimeMs > 0) WriteTime(json, "by", delivery.TimeMs);
            if (delivery.Outcome == DeliveryOutcome.Skipped) json.WriteString("reason", delivery.IsSlow ? "slow_client" : "continued_elsewhere");
            ConnectionJson.WriteOrigin(json, connection.Origin, connection.Transport, connection.View);
            if (connection.EndedMs is { } endedMs) WriteTime(json, "ended", endedMs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("more", Math.Max(0, all.Count - max));
        json.WriteEndObject();
    }

    private static string NameOf(Delivery delivery, EventRecord record, ConnectionRecord connection) => delivery.Outcome switch
    {
        DeliveryOutcome.Given => "given",
        // The streamed text that such a client missed was sent as one message.
        DeliveryOutcome.Skipped when delivery.IsSlow && record.Name.SequenceEqual("token_stream"u8)
            && connection.View.Format is WireFormat.Cecelia or WireFormat.TaskTree => "merged",
        DeliveryOutcome.Skipped => "skipped",
        DeliveryOutcome.Pending => "pending",
        DeliveryOutcome.Ended => "ended",
        _ => "not_recorded",
    };
}
