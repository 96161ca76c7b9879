
namespace Cecelia.Relay.Messages;

/// <summary>The shape of the relay's own answers to what a client sends (PROTOCOL.md, <i>Client messages</i>).</summary>
internal enum ResponseFormat
{
    /// <summary><c>{"event","data","timestamp"}</c>, which System D's clients read.</summary>
    Event,

    /// <summary>Flat, with the kind under <c>type</c>, which the clients of Systems B and C read.</summary>
    Type,

    /// <summary>The subprotocol's <c>relay:*</c> messages.</summary>
    Subprotocol,
}

/// <summary>Chooses the <see cref="ResponseFormat"/>.</summary>
internal static class ResponseFormats
{
    /// <summary>The format of a connection.</summary>
    public static ResponseFormat Of(WireFormat format) => format switch
    {
        WireFormat.Cecelia => ResponseFormat.Event,
        WireFormat.Subprotocol => ResponseFormat.Subprotocol,
        _ => ResponseFormat.Type,
    };

    /// <summary>The format of the answer to one message: a plain client of <c>/ws</c> that wrote <c>type</c> also reads it.</summary>
    public static ResponseFormat For(this ResponseFormat connection, bool hasType) => connection == ResponseFormat.Event && hasType ? ResponseFormat.Type : connection;
}
