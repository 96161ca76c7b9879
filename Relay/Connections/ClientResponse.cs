using System.Text.Json;
using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Connections;

/// <summary>
/// What a client's text message is answered with (PROTOCOL.md, <i>Client messages</i>). <see cref="Since"/> is set where it is a <c>hello</c> of the
/// subprotocol, <see cref="IsCommand"/> where it is a command; the connection takes both further, and there is no frame.
/// </summary>
internal readonly record struct ClientResponse(byte[]? Frame, string? Since = null, bool IsCommand = false)
{
    /// <summary>Deepest nesting of a client's message, its object counting as one: what Brain can be expected to read.</summary>
    private const int MaxDepth = 64;

    /// <summary>Stands for a <c>since</c> that cannot be a position: the client has one, and it is not known.</summary>
    private const string UnreadablePosition = "?";

    private const string UnknownExecutionReason = "unknown_execution";

    /// <summary>The name of the answer to a ping message.</summary>
    public const string PongName = "pong";

    // Shared and never written to.
    private static readonly ClientResponse Pong = new(Frames.Text("""{"type":"pong"}"""u8));

    /// <summary>To the page of an execution, of itself.</summary>
    public static byte[] UnknownExecution { get; } =
        Frames.Text(ErrorMessage.Write(ResponseFormat.Type, UnknownExecutionReason, "Nothing is known of an execution with this id; what comes of it will be told", reference: null, nowMs: 0));

    private static readonly Dictionary<string, string> Sentences = new()
    {
        ["not_json"] = "The message is not JSON",
        ["too_deep"] = "The message is nested deeper than 64",
        ["not_an_object"] = "The message is JSON, but not an object",
        ["unknown_message"] = "The message has no type and no cmd, or is a hello outside the subprotocol",
    };

    /// <summary>The words of all errors here, for the contracts.</summary>
    public static IEnumerable<string> Reasons => [.. Sentences.Keys, UnknownExecutionReason];

    /// <param name="message">UTF-8 text.</param>
    /// <param name="format">Of the connection.</param>
    /// <param name="nowMs">For the timestamp of the answer, in Unix milliseconds.</param>
    public static ClientResponse ReadMessage(ReadOnlySpan<byte> message, ResponseFormat format, long nowMs)
    {
        (string? type, string? since, string? error) = Read(message, out bool hasType);
        if (error is null && type == "ping") return format.For(hasType) == ResponseFormat.Event ? new ClientResponse(Frames.Text(RelayMessage.Write(PongName, nowMs, "", "{}"u8))) : Pong;
        if (error is null && format == ResponseFormat.Subprotocol && type == "hello") return new ClientResponse(null, since ?? "");
        if (error is null && type == "") return new ClientResponse(null, IsCommand: true);
        error ??= "unknown_message";
        return new ClientResponse(Frames.Text(ErrorMessage.Write(format.For(hasType), error, Sentences[error], reference: null, nowMs)));
    }

    /// <summary>The text of a <c>since</c>; empty where that is empty.</summary>
    /// <param name="written">As it stands in the message.</param>
    /// <param name="text">Unescaped; empty where that was not possible.</param>
    private static string PositionOf(ReadOnlySpan<byte> written, ReadOnlySpan<byte> text) =>
        written.IsEmpty ? "" : text.Length is 0 or > StreamPosition.TextLength ? UnreadablePosition : Encoding.UTF8.GetString(text);

    /// <summary>The type is null where there is none, and empty where it is neither ping nor hello.</summary>
    /// <param name="message">UTF-8 text.</param>
    /// <param name="hasType">True when its first word is <c>type</c>, as far as it could be read; false for <c>cmd</c>, and without either.</param>
    private static (string? Type, string? Since, string? Error) Read(ReadOnlySpan<byte> message, out bool hasType)
    {
        hasType = false;
        // One level more than is allowed, so that too deep is found here and not reported as bad syntax by the reader.
        var reader = new Utf8JsonReader(message, new JsonReaderOptions { MaxDepth = MaxDepth + 1 });
        Span<byte> buffer = stackalloc byte[StreamPosition.TextLength];
        string? type = null;
        string? since = null;
        try
        {
            reader.Read();
            bool isObject = reader.TokenType == JsonTokenType.StartObject;
            if (!isObject && !reader.TrySkip(MaxDepth)) return (null, null, "too_deep");
            // Throws when anything but white space follows the document.
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName) continue;
                ReadOnlySpan<byte> key = reader.ShortText(buffer);
                bool isType = key.SequenceEqual("type"u8);
                bool names = isType || key.SequenceEqual("cmd"u8);
                bool sinces = key.SequenceEqual("since"u8);
                if (names && type is null) (type, hasType) = ("", isType);
                reader.Read();
                if (reader.TokenType == JsonTokenType.String)
                {
                    ReadOnlySpan<byte> value = reader.ShortText(buffer);
                    if (names && value.SequenceEqual("ping"u8)) type = "ping";
                    if (names && value.SequenceEqual("hello"u8)) type = "hello";
                    if (sinces) since = PositionOf(reader.ValueSpan, value);
                }

                if (!reader.TrySkip(MaxDepth)) return (null, null, "too_deep");
            }

            return (type, since, isObject ? null : "not_an_object");
        }
        catch (JsonException)
        {
            return (null, null, "not_json");
        }
    }
}
