using Cecelia.Relay.Events;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Fanout;

/// <summary>Encodes a reply for one connection: in that connection's format, without an <c>id</c>, since it has no position in the stream.</summary>
internal static class ReplyFrame
{
    /// <summary>Returns the reply as one frame.</summary>
    /// <param name="source">The reply to a command.</param>
    /// <param name="format">The wire format of the connection.</param>
    /// <param name="nowMs">The timestamp for a reply that has none, in Unix milliseconds.</param>
    public static byte[] Make(DecodedEvent source, WireFormat format, long nowMs)
    {
        // The flat messages of the Execution format do not define a reply; its clients, like those of TaskTree, read the type.
        bool isTyped = format is WireFormat.TaskTree or WireFormat.Execution;
        byte[] message = new byte[isTyped ? TaskTreeFormat.MaxLength(source) : CeceliaFormat.MaxLength(source)];
        int length = isTyped ? TaskTreeFormat.Write(source, message, nowMs) : CeceliaFormat.Write(source, message, nowMs);
        return Frames.Text(message.AsSpan(0, length));
    }
}
