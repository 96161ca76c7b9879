using Cecelia.Relay.Events;
using Cecelia.Relay.Views;

namespace Cecelia.Relay.Fanout;

/// <summary>The frame of an event that is for one connection alone: in that connection's dialect, without an <c>id</c>, since it has no place in the stream.</summary>
internal static class ReplyFrame
{
    /// <param name="source">The event, which answers a command.</param>
    /// <param name="dialect">The connection's.</param>
    /// <param name="nowMs">Becomes the timestamp of an event that has none, in Unix milliseconds.</param>
    public static byte[] Make(DecodedEvent source, Dialect dialect, long nowMs)
    {
        // System C's flat messages have no shape for a reply; its clients, like System B's, read the type.
        bool isTyped = dialect is Dialect.TaskTree or Dialect.Execution;
        byte[] message = new byte[isTyped ? TaskTreeDialect.MaxLength(source) : CeceliaDialect.MaxLength(source)];
        int length = isTyped ? TaskTreeDialect.Write(source, message, nowMs) : CeceliaDialect.Write(source, message, nowMs);
        return Frames.Text(message.AsSpan(0, length));
    }
}
