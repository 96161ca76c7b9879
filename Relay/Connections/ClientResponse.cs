using Cecelia.Relay.Commands;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Connections;

/// <summary>
/// The frames of the relay's own responses to a client's messages (PROTOCOL.md, <i>Client messages</i>). Shared frames are never written to.
/// </summary>
internal static class ClientResponse
{
    /// <summary>The name of the response to a ping message.</summary>
    public const string PongName = "pong";

    private const string UnknownExecutionReason = "unknown_execution";

    private static readonly byte[] FlatPong = Frames.Text("""{"type":"pong"}"""u8);

    private static readonly Dictionary<ClientMessageKind, (string Reason, string Text)> Errors = new()
    {
        [ClientMessageKind.NotJson] = ("not_json", "The message is not JSON"),
        [ClientMessageKind.TooDeep] = ("too_deep", "The message is nested deeper than 64 levels"),
        [ClientMessageKind.NotAnObject] = ("not_an_object", "The message is JSON, but not an object"),
        [ClientMessageKind.Unknown] = ("unknown_message", "The message has neither type nor cmd, or is a hello or a token where it has no meaning"),
    };

    /// <summary>The error that the page of an execution receives if the relay has no state for that execution.</summary>
    public static byte[] UnknownExecution { get; } = Frames.Text(ErrorMessage.Write(
        ResponseFormat.Type,
        UnknownExecutionReason,
        "There is no state for an execution with this id; its events will be sent when there are any",
        reference: null,
        nowMs: 0));

    /// <summary>The reasons of all errors above, for the contracts.</summary>
    public static IEnumerable<string> Reasons => [.. Errors.Values.Select(error => error.Reason), UnknownExecutionReason];

    /// <summary>
    /// Returns the response to a message: the pong of a ping, otherwise an error. A <c>hello</c> or a <c>token</c> is an error here: where it has a
    /// meaning, the connection handles it.
    /// </summary>
    /// <param name="message">Not a command.</param>
    /// <param name="connection">The format of the connection.</param>
    /// <param name="nowMs">The timestamp of the response, in Unix milliseconds.</param>
    public static byte[] To(in ClientMessage message, ResponseFormat connection, long nowMs)
    {
        ResponseFormat format = connection.For(message.HasType);
        if (message.Kind == ClientMessageKind.Ping)
            return format == ResponseFormat.Event ? Frames.Text(RelayMessage.Write(PongName, nowMs, "", "{}"u8)) : FlatPong;
        (string reason, string text) = Errors[message.Kind is ClientMessageKind.Hello or ClientMessageKind.Token ? ClientMessageKind.Unknown : message.Kind];
        return Frames.Text(ErrorMessage.Write(format, reason, text, reference: null, nowMs));
    }
}
