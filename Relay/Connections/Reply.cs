using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Views;

namespace Cecelia.Relay.Connections;

/// <summary>
/// What a client's text message is answered with (PROTOCOL.md, <i>From the client</i>). <see cref="Since"/> is set where it is a <c>hello</c> of the
/// subprotocol, which the connection answers itself; then there is no frame.
/// </summary>
internal readonly record struct Reply(byte[]? Frame, string? Since = null)
{
    // Shared and never written to.
    private static readonly Reply Pong = new(Frames.Text("""{"type":"pong"}"""u8));

    private const string NotJson = "The message is not JSON";
    private const string NotAnObject = "The message is JSON, but not an object";
    private const string Unknown = "The message has no type or cmd that is known here; ping is";
    private const string UnknownRich = "The message has no type or cmd that is known here; ping and hello are";

    /// <summary>To the page of an execution, of itself.</summary>
    public static byte[] UnknownExecution { get; } = Plain("unknown_execution", "Nothing is known of an execution with this id; what comes of it will be told").Frame!;

    private static readonly Dictionary<string, Reply> PlainErrors = new()
    {
        ["not_json"] = Plain("not_json", NotJson),
        ["not_an_object"] = Plain("not_an_object", NotAnObject),
        ["unknown_message"] = Plain("unknown_message", Unknown),
    };

    /// <param name="message">UTF-8 text.</param>
    /// <param name="rich">The client speaks the subprotocol.</param>
    /// <param name="nowMs">For the timestamp of an error, in Unix milliseconds.</param>
    public static Reply To(ReadOnlySpan<byte> message, bool rich, long nowMs)
    {
        (string type, string? since, string? error) = Read(message);
        if (error is null && type == "ping") return Pong;
        if (error is null && rich && type == "hello") return new Reply(null, since ?? "");
        error ??= "unknown_message";
        return rich ? Rich(error, nowMs) : PlainErrors[error];
    }

    private static Reply Plain(string reason, string text) => new(Frames.Text(System.Text.Encoding.UTF8.GetBytes($$"""{"type":"error","reason":"{{reason}}","message":"{{text}}"}""")));

    private static Reply Rich(string reason, long nowMs) => new(Frames.Text(RelayMessage.Write(RelayMessage.Error, nowMs, "", json =>
    {
        json.WriteString("reason", reason);
        json.WriteString("message", reason switch { "not_json" => NotJson, "not_an_object" => NotAnObject, _ => UnknownRich });
    })));

    private static (string Type, string? Since, string? Error) Read(ReadOnlySpan<byte> message)
    {
        var reader = new Utf8JsonReader(message);
        string type = "";
        string? since = null;
        try
        {
            reader.Read();
            bool isObject = reader.TokenType == JsonTokenType.StartObject;
            while (reader.Read())
            {
                if (!isObject || reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName) continue;
                bool names = reader.ValueTextEquals("type"u8) || reader.ValueTextEquals("cmd"u8);
                bool sinces = reader.ValueTextEquals("since"u8);
                reader.Read();
                if (reader.TokenType == JsonTokenType.String)
                {
                    if (names && (reader.ValueTextEquals("ping"u8) || reader.ValueTextEquals("hello"u8))) type = reader.GetString()!;
                    if (sinces && reader.ValueSpan.Length <= JournalPosition.TextLength) since = reader.GetString();
                }

                reader.Skip();
            }

            return (type, since, isObject ? null : "not_an_object");
        }
        catch (JsonException)
        {
            return ("", null, "not_json");
        }
    }
}
