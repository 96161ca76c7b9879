namespace Cecelia.Relay.Messages;

/// <summary>The wire format that a client receives.</summary>
internal enum WireFormat
{
    /// <summary>Events in the Cecelia and Workflow formats, exactly as existing clients expect them.</summary>
    Cecelia,

    /// <summary>The subprotocol <c>cecelia.v1</c>: the same events, each with its <c>id</c>, and the relay's own <c>relay:*</c> messages.</summary>
    Subprotocol,

    /// <summary>The TaskTree format, for project boards.</summary>
    TaskTree,

    /// <summary>The Execution format: flat messages, for the page of one execution.</summary>
    Execution,
}
