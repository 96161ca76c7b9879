using Cecelia.Relay.Events;

namespace Cecelia.Relay.Views;

/// <summary>
/// System A's wire format: <c>{"event","data","timestamp"}</c>, then <c>project_id</c>, <c>node_id</c> and <c>reply_to</c> where the publisher
/// gave them. The publisher's values are copied as they were written; a missing timestamp is stamped. The subprotocol's differs by the <c>id</c> at the end.
/// </summary>
internal static class CeceliaDialect
{
    /// <summary>Bytes that <see cref="Write"/> needs at most.</summary>
    public static int MaxLength(DecodedEvent source, ReadOnlySpan<byte> id = default) =>
        """{"event":,"data":,"timestamp":"","project_id":,"node_id":,"reply_to":,"id":""}"""u8.Length + id.Length + source.RawName.Length + source.DataLength
        + Math.Max(source.RawTimestamp.Length, Rfc3339.Length) + source.RawProjectId.Length + source.RawNodeId.Length
        + source.RawReplyTo.Length;

    /// <summary>Writes the event's JSON and returns its length.</summary>
    /// <param name="source">The event.</param>
    /// <param name="destination">Room for <see cref="MaxLength"/>.</param>
    /// <param name="nowUnixMs">Becomes the timestamp of an event that has none.</param>
    /// <param name="id">For a client of the subprotocol: text that needs no escape. Empty: there is no such field.</param>
    public static int Write(DecodedEvent source, Span<byte> destination, long nowUnixMs, ReadOnlySpan<byte> id = default)
    {
        var text = new MessageText(destination);
        text.Put("""{"event":"""u8);
        text.Put(source.RawName);
        text.Put(""","data":"""u8);
        text.PutData(source);
        text.Put(""","timestamp":"""u8);
        text.PutTimestamp(source, nowUnixMs);
        text.PutOptional(""","project_id":"""u8, source.RawProjectId);
        text.PutOptional(""","node_id":"""u8, source.RawNodeId);
        text.PutOptional(""","reply_to":"""u8, source.RawReplyTo);
        if (!id.IsEmpty)
        {
            text.Put(""","id":"""u8);
            text.PutQuoted(id);
        }

        text.Put("}"u8);
        return text.Length;
    }
}
