using System.Globalization;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Views;

/// <summary>
/// System A's wire format: <c>{"event","data","timestamp"}</c>, then <c>project_id</c>, <c>node_id</c> and <c>reply_to</c> where the publisher
/// gave them. The publisher's values are copied as they were written; a missing timestamp is stamped. The subprotocol's has <c>execution_id</c>,
/// <c>source</c> and <c>seq</c> too, so that a client can reduce events as the relay does, and the <c>id</c> at the end.
/// </summary>
internal static class CeceliaDialect
{
    private const int SeqDigits = 19;

    /// <summary>Bytes that <see cref="Write"/> needs at most.</summary>
    public static int MaxLength(DecodedEvent source, ReadOnlySpan<byte> id = default) =>
        """{"event":,"data":,"timestamp":"","project_id":,"node_id":,"execution_id":,"source":"","seq":,"undated":true,"reply_to":,"id":""}"""u8.Length + id.Length
        + source.RawName.Length + source.DataLength + Math.Max(source.RawTimestamp.Length, Rfc3339.Length) + source.RawProjectId.Length
        + source.RawNodeId.Length + source.RawExecutionId.Length + (source.Source.Length * JsonText.MaxExpansion) + SeqDigits + source.RawReplyTo.Length;

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
        if (!id.IsEmpty) PutSubprotocol(ref text, source);
        text.PutOptional(""","reply_to":"""u8, source.RawReplyTo);
        if (!id.IsEmpty)
        {
            text.Put(""","id":"""u8);
            text.PutQuoted(id);
        }

        text.Put("}"u8);
        return text.Length;
    }

    private static void PutSubprotocol(ref MessageText text, DecodedEvent source)
    {
        if (source.RawTimestamp.IsEmpty) text.Put(""","undated":true"""u8);
        if (!source.IsFlat) text.PutOptional(""","execution_id":"""u8, source.RawExecutionId); // a flat message has it among its data
        if (!source.Source.IsEmpty)
        {
            text.Put(""","source":"""u8);
            text.PutQuoted(source.Source);
        }

        if (source.Seq < 0) return;
        Span<byte> digits = stackalloc byte[SeqDigits];
        source.Seq.TryFormat(digits, out int length, provider: CultureInfo.InvariantCulture);
        text.Put(""","seq":"""u8);
        text.Put(digits[..length]);
    }
}
