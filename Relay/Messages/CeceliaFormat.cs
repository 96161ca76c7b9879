using System.Globalization;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Messages;

/// <summary>
/// Writes the Cecelia format: <c>{"event","data","timestamp"}</c>, followed by <c>project_id</c>, <c>node_id</c> and <c>reply_to</c> if the publisher gave
/// them. The publisher's values are copied as written; a missing timestamp is added. In the subprotocol, an event has the ids as parsed by the relay, as
/// strings, and <c>source</c>, <c>seq</c> and <c>traceparent</c>, so that a client can reduce events exactly as the relay does, and the <c>id</c> at the end.
/// </summary>
internal static class CeceliaFormat
{
    private const int SeqDigits = 19;

    /// <summary>Returns the maximum number of bytes that <see cref="Write"/> writes.</summary>
    public static int MaxLength(DecodedEvent source, ReadOnlySpan<byte> id = default) =>
        """{"event":,"data":,"timestamp":"","project_id":,"node_id":,"reply_to":}"""u8.Length
        + source.RawName.Length + source.DataLength + Math.Max(source.RawTimestamp.Length, Rfc3339.Length) + source.RawProjectId.Length
        + source.RawNodeId.Length + source.RawReplyTo.Length + (id.IsEmpty ? 0 : SubprotocolLength(source) + id.Length);

    /// <summary>Writes the event's JSON and returns its length.</summary>
    /// <param name="source">The event.</param>
    /// <param name="destination">The buffer, at least <see cref="MaxLength"/> long.</param>
    /// <param name="nowUnixMs">The timestamp for an event without one.</param>
    /// <param name="id">The position, for a client of the subprotocol: text that needs no escaping. If empty, the field is omitted.</param>
    public static int Write(DecodedEvent source, Span<byte> destination, long nowUnixMs, ReadOnlySpan<byte> id = default)
    {
        var text = new MessageText(destination);
        text.Put("""{"event":"""u8);
        text.Put(source.RawName);
        text.Put(""","data":"""u8);
        text.PutData(source);
        text.Put(""","timestamp":"""u8);
        text.PutTimestamp(source, nowUnixMs);
        if (id.IsEmpty)
        {
            text.PutOptional(""","project_id":"""u8, source.RawProjectId);
            text.PutOptional(""","node_id":"""u8, source.RawNodeId);
        }
        else
        {
            PutSubprotocol(ref text, source);
        }

        text.PutOptional(""","reply_to":"""u8, source.RawReplyTo);
        if (!id.IsEmpty)
        {
            text.Put(""","id":"""u8);
            text.PutQuoted(id);
        }

        text.Put("}"u8);
        return text.Length;
    }

    private static int SubprotocolLength(DecodedEvent source)
    {
        int ids = source.ProjectId.Length + source.NodeId.Length + source.ExecutionId.Length + source.TaskId.Length + source.AgentId.Length;
        int length =
            ""","project_id":"","node_id":"","execution_id":"","task_id":"","agent_id":"","node_ids":[],"source":"","seq":,"undated":true,"traceparent":,"id":"" """u8.Length
            + ((ids + source.Source.Length) * JsonText.MaxExpansion) + SeqDigits + source.RawTraceParent.Length;
        // Each id in a list takes at least two bytes in the data, a digit and a comma, and is written with two additional quotes.
        return source.Known == EventNames.ParallelStart ? length + (2 * source.DataLength) : length;
    }

    private static void PutSubprotocol(ref MessageText text, DecodedEvent source)
    {
        if (source.RawTimestamp.IsEmpty) text.Put(""","undated":true"""u8);
        text.PutId(""","project_id":"""u8, source.ProjectId);
        text.PutId(""","node_id":"""u8, source.NodeId);
        text.PutId(""","execution_id":"""u8, source.ExecutionId);
        text.PutId(""","task_id":"""u8, source.TaskId);
        text.PutId(""","agent_id":"""u8, source.AgentId);
        if (source.Known == EventNames.ParallelStart) PutStartedNodes(ref text, source);
        text.PutId(""","source":"""u8, source.Source);
        if (source.Seq >= 0)
        {
            Span<byte> digits = stackalloc byte[SeqDigits];
            source.Seq.TryFormat(digits, out int length, provider: CultureInfo.InvariantCulture);
            text.Put(""","seq":"""u8);
            text.Put(digits[..length]);
        }

        text.PutOptional(""","traceparent":"""u8, source.RawTraceParent);
    }

    private static void PutStartedNodes(ref MessageText text, DecodedEvent source)
    {
        Span<byte> buffer = stackalloc byte[EventLimits.KeyBytes];
        var started = new StartedNodes(source.RawData, buffer);
        ReadOnlySpan<byte> separator = ""","node_ids":["""u8;
        bool any = false;
        while (started.MoveNext())
        {
            text.Put(separator);
            text.PutQuoted(started.Current);
            separator = ","u8;
            any = true;
        }

        if (any) text.Put("]"u8);
    }
}
