namespace Cecelia.Relay.Messages;

/// <summary>The format of the relay's responses to client messages (PROTOCOL.md, <i>Client messages</i>).</summary>
internal enum ResponseFormat
{
    /// <summary><c>{"event","data","timestamp"}</c>, for clients of the Workflow format.</summary>
    Event,

    /// <summary>A flat object with the name in <c>type</c>, for clients of the TaskTree and Execution formats.</summary>
    Type,

    /// <summary>The subprotocol's <c>relay:*</c> messages.</summary>
    Subprotocol,
}

/// <summary>Selects the <see cref="ResponseFormat"/>.</summary>
internal static class ResponseFormats
{
    /// <summary>Returns the response format of a connection.</summary>
    public static ResponseFormat Of(WireFormat format) => format switch
    {
        WireFormat.Cecelia => ResponseFormat.Event,
        WireFormat.Subprotocol => ResponseFormat.Subprotocol,
        _ => ResponseFormat.Type,
    };

    /// <summary>
    /// Returns the format of the response to one message: a plain client of <c>/ws</c> whose message has <c>type</c> gets a response with <c>type</c>.
    /// </summary>
    public static ResponseFormat For(this ResponseFormat connection, bool hasType) =>
        connection == ResponseFormat.Event && hasType ? ResponseFormat.Type : connection;
}
