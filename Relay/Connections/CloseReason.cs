namespace Cecelia.Relay.Connections;

/// <summary>
/// The reason why a connection ended. Each maps to one close code and one text (PROTOCOL.md, <i>Close codes</i>), and is counted by its code.
/// </summary>
internal enum CloseReason
{
    /// <summary>Not closing.</summary>
    None,

    /// <summary>The client sent a close frame; its own code is echoed.</summary>
    PeerClosed,

    /// <summary>The client disconnected without a close frame. Nothing can be sent; counted as 1006.</summary>
    PeerGone,

    /// <summary>The relay shuts down: 1001.</summary>
    ShuttingDown,

    /// <summary>A frame that RFC 6455 forbids: 1002.</summary>
    ProtocolError,

    /// <summary>A binary message: 1003.</summary>
    BinaryMessage,

    /// <summary>A text message that is not UTF-8: 1007.</summary>
    InvalidUtf8,

    /// <summary>A compressed message that is not a deflate stream: 1007.</summary>
    BadCompression,

    /// <summary>A message with too many fragments: 1008.</summary>
    TooManyFragments,

    /// <summary>More messages in a second than allowed: 1008.</summary>
    TooManyMessages,

    /// <summary>A message that was not finished in time: 1008.</summary>
    MessageUnfinished,

    /// <summary>A message that is, or declares to be, larger than allowed: 1009.</summary>
    MessageTooLarge,

    /// <summary>Nothing received for two ping intervals: 4000, sent in case it still arrives.</summary>
    NoPong,

    /// <summary>No byte accepted for the send timeout: 4001, which cannot be sent; the connection is aborted.</summary>
    Stalled,

    /// <summary>Too many queued replies because the client does not read: 4002, which is counted and not sent.</summary>
    Flooded,

    /// <summary>A fault in the relay, such as a bug or lack of memory: 1011.</summary>
    InternalError,

    /// <summary>Too many clients receive a snapshot at the same time: 4003.</summary>
    Overloaded,

    /// <summary>The connection has reached its maximum age: 4004.</summary>
    MaxAge,

    /// <summary>The client has received the end of its execution: 1000.</summary>
    Finished,

    /// <summary>The client's token has expired: 4005.</summary>
    TokenExpired,

    /// <summary>The client's ticket was revoked: 4500.</summary>
    AccessRevoked,

    /// <summary>An operator closed the connection: 4006.</summary>
    ClosedByOperator,
}

/// <summary>The code, wire name and text of each <see cref="CloseReason"/>, and whether the client should reconnect.</summary>
internal static class CloseReasons
{
    /// <summary>RFC 6455 §7.4.1: counted when no close frame was received.</summary>
    public const int Abnormal = 1006;

    /// <summary>RFC 6455 §7.4.1: counted when the peer's close frame contained no code.</summary>
    public const int NoStatus = 1005;

    public static (int Code, string Text) ToCloseFrame(this CloseReason reason) => reason switch
    {
        CloseReason.ShuttingDown => (1001, "the relay is shutting down"),
        CloseReason.ProtocolError => (1002, "a frame that RFC 6455 forbids"),
        CloseReason.BinaryMessage => (1003, "binary messages are not accepted"),
        CloseReason.InvalidUtf8 => (1007, "the message is not UTF-8"),
        CloseReason.BadCompression => (1007, "the compressed message cannot be read"),
        CloseReason.TooManyFragments => (1008, "too many fragments in a message"),
        CloseReason.TooManyMessages => (1008, "too many messages in a second"),
        CloseReason.MessageUnfinished => (1008, "a message was not finished in time"),
        CloseReason.MessageTooLarge => (1009, "the message is too large"),
        CloseReason.InternalError => (1011, "internal error"),
        CloseReason.NoPong => (4000, "no pong was received"),
        CloseReason.Stalled => (4001, "the client accepted no data for too long"),
        CloseReason.Flooded => (4002, "the client does not read replies"),
        CloseReason.Overloaded => (4003, "too many clients are receiving a snapshot"),
        CloseReason.Finished => (1000, "the execution has ended"),
        CloseReason.MaxAge => (4004, "the connection has reached its maximum age"),
        CloseReason.TokenExpired => (4005, "the token has expired"),
        CloseReason.AccessRevoked => (4500, "access was revoked"),
        CloseReason.ClosedByOperator => (4006, "an operator closed the connection"),
        _ => (Abnormal, ""),
    };

    /// <summary>Returns the reason as in <c>relay:bye</c>.</summary>
    public static string ToWireName(this CloseReason reason) => reason switch
    {
        CloseReason.ShuttingDown => "shutting_down",
        CloseReason.ProtocolError => "protocol_error",
        CloseReason.BinaryMessage => "binary_message",
        CloseReason.InvalidUtf8 => "invalid_utf8",
        CloseReason.BadCompression => "bad_compression",
        CloseReason.TooManyFragments => "too_many_fragments",
        CloseReason.TooManyMessages => "too_many_messages",
        CloseReason.MessageUnfinished => "message_unfinished",
        CloseReason.MessageTooLarge => "message_too_large",
        CloseReason.NoPong => "no_sign_of_life",
        CloseReason.Stalled => "stalled",
        CloseReason.Flooded => "flooded",
        CloseReason.Overloaded => "overloaded",
        CloseReason.MaxAge => "max_age",
        CloseReason.Finished => "finished",
        CloseReason.TokenExpired => "token_expired",
        CloseReason.AccessRevoked => "access_revoked",
        CloseReason.ClosedByOperator => "closed_by_operator",
        _ => "internal_error",
    };

    /// <summary>
    /// Returns whether a client that is closed with this code should reconnect. Of the relay's own codes, 4000–4499 mean yes and 4500–4999 no. Of the codes of
    /// RFC 6455, those that report a fault in the client's messages mean no, since the client would send the same again.
    /// </summary>
    public static bool ShouldReconnect(int code) => code is 1000 or 1001 or 1005 or 1006 or 1011 or 1012 or 1013 or (>= 4000 and <= 4499);

    /// <summary>Returns whether a close frame can be sent: the client is connected and reads.</summary>
    public static bool CanBeSent(this CloseReason reason) =>
        reason is not (CloseReason.None or CloseReason.PeerGone or CloseReason.Stalled or CloseReason.Flooded);

    /// <summary>
    /// Returns true for the reasons after which a client without the subprotocol receives the end of the stream and no close frame (PROTOCOL.md, <i>Close
    /// codes</i>): it should reconnect, and the client of Workflow does not reconnect after a close frame.
    /// </summary>
    public static bool EndsWithoutCloseFrame(this CloseReason reason) =>
        reason is CloseReason.ShuttingDown or CloseReason.MaxAge or CloseReason.Overloaded or CloseReason.Flooded
            or CloseReason.NoPong or CloseReason.InternalError or CloseReason.ClosedByOperator;

    /// <summary>Returns whether a peer may send this code (RFC 6455 §7.4).</summary>
    public static bool MayBeReceived(int code) => code is >= 1000 and <= 1003 or >= 1007 and <= 1014 or >= 3000 and <= 4999;
}
