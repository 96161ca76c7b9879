
namespace Cecelia.Relay.Messages;

/// <summary>In which words a client is spoken to.</summary>
internal enum WireFormat
{
    /// <summary>System A's and D's events, exactly as their clients know them.</summary>
    Cecelia,

    /// <summary>The subprotocol <c>cecelia.v1</c>: the same events, each with its <c>id</c>, and the relay's own <c>relay:*</c> messages.</summary>
    Subprotocol,

    /// <summary>System B's messages, for project boards.</summary>
    TaskTree,

    /// <summary>System C's flat messages, for the page of one execution.</summary>
    Execution,
}
