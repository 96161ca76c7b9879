using Cecelia.Relay.Events;

namespace Cecelia.Relay.Messages;

/// <summary>
/// Writes the TaskTree format: <c>{"type","project_id","data","timestamp"}</c>, with the project if the envelope or the data has one, and <c>node_id</c> if
/// the publisher gave it. The publisher's values are copied as written; a missing timestamp is added.
/// </summary>
internal static class TaskTreeFormat
{
    /// <summary>Returns the maximum number of bytes that <see cref="Write"/> writes.</summary>
    public static int MaxLength(DecodedEvent source) =>
        """{"type":,"project_id":"","data":,"timestamp":"","node_id":,"reply_to":}"""u8.Length + source.RawName.Length + source.DataLength
        + Math.Max(source.RawTimestamp.Length, Rfc3339.Length)
            + (source.ProjectId.Length * JsonText.MaxExpansion)
            + source.RawProjectId.Length
            + source.RawNodeId.Length
        + source.RawReplyTo.Length;

    /// <summary>Writes the event's JSON and returns its length.</summary>
    /// <param name="source">The event.</param>
    /// <param name="destination">The buffer, at least <see cref="MaxLength"/> long.</param>
    /// <param name="nowUnixMs">The timestamp for an event without one.</param>
    public static int Write(DecodedEvent source, Span<byte> destination, long nowUnixMs)
    {
        var text = new MessageText(destination);
        text.Put("""{"type":"""u8);
        text.Put(source.RawName);
        if (!source.ProjectId.IsEmpty)
        {
            text.Put(""","project_id":"""u8);
            if (source.RawProjectId.IsEmpty) text.PutQuoted(source.ProjectId);
            else text.Put(source.RawProjectId);
        }

        text.Put(""","data":"""u8);
        text.PutData(source);
        text.Put(""","timestamp":"""u8);
        text.PutTimestamp(source, nowUnixMs);
        text.PutOptional(""","node_id":"""u8, source.RawNodeId);
        text.PutOptional(""","reply_to":"""u8, source.RawReplyTo);
        text.Put("}"u8);
        return text.Length;
    }
}
