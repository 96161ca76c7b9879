namespace Cecelia.Relay.Connections;

/// <summary>Why a connection ended. Each maps to one close code and one text (PROTOCOL.md, <i>Close codes</i>), and is counted by its code.</summary>
internal enum CloseReason
{
    /// <summary>Not closing.</summary>
    None,

    /// <summary>The client sent a close frame; its own code is echoed.</summary>
    PeerClosed,

    /// <summary>The client vanished without a close frame. Nothing can be sent; counted as 1006.</summary>
    PeerGone,

    /// <summary>The relay shuts down: 1001.</summary>
    ShuttingDown,

    /// <summary>A frame that RFC 6455 forbids: 1002.</summary>
    ProtocolError,

    /// <summary>A binary message: 1003.</summary>
    BinaryMessage,

    /// <summary>A text message that is not UTF-8: 1007.</summary>
    InvalidUtf8,

    /// <summary>A compressed message that is no deflate stream: 1007.</summary>
    BadCompression,

    /// <summary>A message of more than so many fragments: 1008.</summary>
    TooManyFragments,

    /// <summary>More messages in a second than allowed: 1008.</summary>
    TooManyMessages,

    /// <summary>A message that was not finished in time: 1008.</summary>
    MessageUnfinished,

    /// <summary>A message, or one declared to be, larger than allowed: 1009.</summary>
    MessageTooLarge,

    /// <summary>No sign of life for two ping intervals: 4000, sent in case it still gets through.</summary>
    NoPong,

    /// <summary>Not a byte accepted for the send timeout: 4001, which cannot be sent; the connection is cut.</summary>
    Stalled,

    /// <summary>Replies piled up because the client does not read: 4002, which is counted and not sent.</summary>
    Flooded,

    /// <summary>A bug in the relay: 1011.</summary>
    InternalError,

    /// <summary>Too many slow clients are being given the state: 4003.</summary>
    Overloaded,

    /// <summary>The connection has reached its greatest age: 4004.</summary>
    MaxAge,

    /// <summary>The client has been told how its execution ended: 1000.</summary>
    Finished,
}

/// <summary>The code, word and text of each <see cref="CloseReason"/>, and whether the client should come back.</summary>
internal static class CloseReasons
{
    /// <summary>RFC 6455 §7.4.1: what is counted when no close frame came.</summary>
    public const int Abnormal = 1006;

    /// <summary>RFC 6455 §7.4.1: what is counted when the peer's close frame held no code.</summary>
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
        CloseReason.NoPong => (4000, "no sign of life"),
        CloseReason.Stalled => (4001, "nothing accepted for too long"),
        CloseReason.Flooded => (4002, "replies are not read"),
        CloseReason.Overloaded => (4003, "too many clients are catching up"),
        CloseReason.Finished => (1000, "the execution has ended"),
        CloseReason.MaxAge => (4004, "the connection has reached its greatest age"),
        _ => (Abnormal, ""),
    };

    /// <summary>The word of <c>relay:bye</c>.</summary>
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
        _ => "internal_error",
    };

    /// <summary>
    /// Whether a client that is closed with this code should come back. Of our own codes 4000–4499 say yes and 4500–4999 no; of RFC 6455's, those that a client
    /// brings on itself by what it sends say no, since it would send it again.
    /// </summary>
    public static bool ShouldReconnect(int code) => code is 1000 or 1001 or 1005 or 1006 or 1011 or 1012 or 1013 or (>= 4000 and <= 4499);

    /// <summary>True where sending a close frame makes sense: the client is there and reads.</summary>
    public static bool CanBeSent(this CloseReason reason) => reason is not (CloseReason.None or CloseReason.PeerGone or CloseReason.Stalled or CloseReason.Flooded);

    /// <summary>
    /// True for the reasons after which a client without the subprotocol gets the end of the stream and no close frame (PROTOCOL.md, <i>Close codes</i>): it should
    /// reconnect, and System D's client does not after a close frame.
    /// </summary>
    public static bool EndsWithoutCloseFrame(this CloseReason reason) => reason is CloseReason.ShuttingDown or CloseReason.MaxAge or CloseReason.Overloaded or CloseReason.Flooded or CloseReason.NoPong or CloseReason.InternalError;

    /// <summary>RFC 6455 §7.4: whether a peer may send this code.</summary>
    public static bool MayBeReceived(int code) => code is >= 1000 and <= 1003 or >= 1007 and <= 1014 or >= 3000 and <= 4999;
}
