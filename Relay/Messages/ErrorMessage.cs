using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cecelia.Relay.Messages;

/// <summary>What a client is told of a message of its own that came to nothing (PROTOCOL.md, <i>Client messages</i>, <i>Commands</i>).</summary>
internal static class ErrorMessage
{
    /// <summary>The message's name outside the subprotocol.</summary>
    public const string Name = "error";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The message's JSON.</summary>
    /// <param name="format">Of the answer.</param>
    /// <param name="reason">A word from a closed set.</param>
    /// <param name="text">A sentence for people.</param>
    /// <param name="reference">The client's own name for what it sent; null: it gave none.</param>
    /// <param name="nowMs">The timestamp, in Unix milliseconds; a flat message has none.</param>
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
