using Cecelia.Relay.Events;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Fanout;

/// <summary>The frame of an event that is for one connection alone: in that connection's format, without an <c>id</c>, since it has no place in the stream.</summary>
internal static class ReplyFrame
{
    /// <param name="source">The event, which answers a command.</param>
    /// <param name="format">The connection's.</param>
    /// <param name="nowMs">Becomes the timestamp of an event that has none, in Unix milliseconds.</param>
    public static byte[] Make(DecodedEvent source, WireFormat format, long nowMs)
    {
        // System C's flat messages have no shape for a reply; its clients, like System B's, read the type.
        bool isTyped = format is WireFormat.TaskTree or WireFormat.Execution;
        byte[] message = new byte[isTyped ? TaskTreeFormat.MaxLength(source) : CeceliaFormat.MaxLength(source)];
        int length = isTyped ? TaskTreeFormat.Write(source, message, nowMs) : CeceliaFormat.Write(source, message, nowMs);
        return Frames.Text(message.AsSpan(0, length));
    }
}
