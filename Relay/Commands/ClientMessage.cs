using System.Text;
using System.Text.Json;
using Cecelia.Relay.Events;
using Cecelia.Relay.Journal;

namespace Cecelia.Relay.Commands;

/// <summary>A client's text message, parsed once (PROTOCOL.md, <i>Client messages</i>).</summary>
/// <param name="Kind">The kind of the message, or the reason why it cannot be handled.</param>
/// <param name="HasType">True if the first name is under <c>type</c>, false if it is under <c>cmd</c> or there is none. On an error, as far as the message
/// was read.</param>
/// <param name="Since">The position in a <c>hello</c>; empty if there is none.</param>
/// <param name="Command">The fields of a command. Meaningful only for <see cref="ClientMessageKind.Command"/>.</param>
internal readonly record struct ClientMessage(ClientMessageKind Kind, bool HasType, string Since, ClientCommand Command)
{
    /// <summary>The token in a <see cref="ClientMessageKind.Token"/>; empty if there is none, or it has characters that no token has.</summary>
    public string Token { get; private init; } = "";

    /// <summary>Maximum nesting of a client's message, where its object counts as one: a depth that any Brain can be expected to read.</summary>
    private const int MaxDepth = 64;

    /// <summary>Replaces a <c>since</c> that cannot be a position: the client has one, and it is unknown.</summary>
    private const string UnreadablePosition = "?";

    /// <summary>Parses a message. Throws nothing.</summary>
    /// <param name="text">UTF-8 text. The slices of the command refer to it.</param>
    public static ClientMessage Read(ReadOnlySpan<byte> text)
    {
        // One level more than is allowed, so that excessive nesting is detected here and is not reported as a syntax error by the reader.
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = MaxDepth + 1 });
        var message = new ClientMessage(ClientMessageKind.Unknown, HasType: false, "", new ClientCommand("", null, default, default, null));
        try
        {
            reader.Read();
            bool isObject = reader.TokenType == JsonTokenType.StartObject;
            if (!isObject && !reader.TrySkip(MaxDepth)) return message with { Kind = ClientMessageKind.TooDeep };
            CommandField seen = CommandField.None;
            // Throws if anything but white space follows the document.
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && !ReadMember(ref message, ref reader, ref seen))
                    return message with { Kind = ClientMessageKind.TooDeep };
            }

            return isObject ? message : message with { Kind = ClientMessageKind.NotAnObject };
        }
        catch (JsonException)
        {
            return message with { Kind = ClientMessageKind.NotJson };
        }
    }

    /// <summary>Reads a member of the message's object up to the last token of its value. Returns false if the value is nested too deeply.</summary>
    private static bool ReadMember(ref ClientMessage message, ref Utf8JsonReader reader, ref CommandField seen)
    {
        Span<byte> buffer = stackalloc byte[StreamPosition.TextLength];
        ReadOnlySpan<byte> key = reader.ShortText(buffer);
        bool isSince = key.SequenceEqual("since"u8);
        CommandField field = CommandFields.Find(key);
        if (field.IsName() && message.Kind == ClientMessageKind.Unknown)
            message = message with { Kind = ClientMessageKind.Command, HasType = field == CommandField.Type };
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            ReadOnlySpan<byte> value = reader.ShortText(buffer);
            if (field.IsName() && value.SequenceEqual("ping"u8)) message = message with { Kind = ClientMessageKind.Ping };
            if (field.IsName() && value.SequenceEqual("hello"u8)) message = message with { Kind = ClientMessageKind.Hello };
            if (field.IsName() && value.SequenceEqual("token"u8)) message = message with { Kind = ClientMessageKind.Token };
            if (key.SequenceEqual("token"u8) && !reader.ValueIsEscaped) message = message with { Token = Encoding.UTF8.GetString(reader.ValueSpan) };
            if (isSince) message = message with { Since = PositionOf(reader.ValueSpan, value) };
        }

        ClientCommand command = message.Command.With(field, reader, seen);
        seen |= field;
        int start = (int)reader.TokenStartIndex;
        if (!reader.TrySkip(MaxDepth)) return false;
        if (field == CommandField.Data) command = command with { Data = new Slice(start, (int)reader.BytesConsumed - start) };
        message = message with { Command = command };
        return true;
    }

    /// <summary>Returns the text of a <c>since</c>; empty if that is empty.</summary>
    /// <param name="written">The value as written in the message.</param>
    /// <param name="text">The unescaped value; empty if it could not be unescaped.</param>
    private static string PositionOf(ReadOnlySpan<byte> written, ReadOnlySpan<byte> text) =>
        written.IsEmpty ? "" : text.Length is 0 or > StreamPosition.TextLength ? UnreadablePosition : Encoding.UTF8.GetString(text);
}

/// <summary>The kinds of <see cref="ClientMessage"/>.</summary>
internal enum ClientMessageKind
{
    /// <summary>An object with neither <c>type</c> nor <c>cmd</c>.</summary>
    Unknown,

    /// <summary>Requests a pong.</summary>
    Ping,

    /// <summary>Requests to resume; outside the relay subprotocol an error.</summary>
    Hello,

    /// <summary>A command to Brain.</summary>
    Command,

    /// <summary>A new token; outside the relay subprotocol, and without access control, an error.</summary>
    Token,

    /// <summary>Not JSON.</summary>
    NotJson,

    /// <summary>Nested deeper than 64 levels.</summary>
    TooDeep,

    /// <summary>JSON, but not an object.</summary>
    NotAnObject,
}
