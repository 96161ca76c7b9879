using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cecelia.Relay.Messages;

/// <summary>Writes the response to a client's message that was rejected (PROTOCOL.md, <i>Client messages</i>, <i>Commands</i>).</summary>
internal static class ErrorMessage
{
    /// <summary>The message's name outside the subprotocol.</summary>
    public const string Name = "error";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns the message as JSON.</summary>
    /// <param name="format">The format of the response.</param>
    /// <param name="reason">A reason code from a closed set.</param>
    /// <param name="text">The reason as text.</param>
    /// <param name="reference">The client's own id of its message; null if it gave none.</param>
    /// <param name="nowMs">The timestamp in Unix milliseconds; not used in a flat message.</param>
    public static byte[] Write(ResponseFormat format, string reason, string text, string? reference, long nowMs)
    {
        if (format == ResponseFormat.Subprotocol) return RelayMessage.Write(RelayMessage.Error, nowMs, "", WriteMembers);
        if (format == ResponseFormat.Event)
        {
            return RelayMessage.Write(Name, nowMs, "", json =>
            {
                json.WriteString("error", text);
                json.WriteString("reason", reason);
                if (reference is not null) json.WriteString("ref", reference);
            });
        }

        var bytes = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(bytes, Options);
        json.WriteStartObject();
        json.WriteString("type", Name);
        WriteMembers(json);
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();

        void WriteMembers(Utf8JsonWriter json)
        {
            json.WriteString("reason", reason);
            json.WriteString("message", text);
            if (reference is not null) json.WriteString("ref", reference);
        }
    }
}
