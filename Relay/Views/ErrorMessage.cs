using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cecelia.Relay.Views;

/// <summary>What a client is told of a message of its own that came to nothing (PROTOCOL.md, <i>From the client</i>, <i>Commands</i>).</summary>
internal static class ErrorMessage
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The message's JSON.</summary>
    /// <param name="rich">The client speaks the subprotocol: a <c>relay:error</c>. Otherwise the one message that is not of the seeds.</param>
    /// <param name="reason">A word from a closed set.</param>
    /// <param name="text">A sentence for people.</param>
    /// <param name="reference">The client's own name for what it sent; null: it gave none.</param>
    /// <param name="nowMs">The timestamp of a <c>relay:error</c>, in Unix milliseconds.</param>
    public static byte[] Write(bool rich, string reason, string text, string? reference, long nowMs)
    {
        if (rich) return RelayMessage.Write(RelayMessage.Error, nowMs, "", WriteMembers);
        var bytes = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(bytes, Options);
        json.WriteStartObject();
        json.WriteString("type", "error");
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
