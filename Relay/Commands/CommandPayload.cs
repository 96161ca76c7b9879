using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Commands;

/// <summary>Writes the JSON that is published for a command (PROTOCOL.md, <i>Commands</i>).</summary>
internal static class CommandPayload
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="sender">The connection that sent the command.</param>
    /// <param name="message">A command without an error.</param>
    /// <param name="text">The message's text, to which the command's slices refer.</param>
    /// <param name="id">The command's id.</param>
    /// <param name="nowMs">The timestamp, in Unix milliseconds.</param>
    public static byte[] Write(CommandSender sender, in ClientMessage message, ReadOnlySpan<byte> text, string id, long nowMs)
    {
        ClientCommand command = message.Command;
        var bytes = new ArrayBufferWriter<byte>(text.Length + 256);
        using var json = new Utf8JsonWriter(bytes, Json);
        json.WriteStartObject();
        json.WriteString(message.HasType ? "type" : "cmd", command.Name);
        json.WritePropertyName("data");
        // As the client wrote it, so that numbers keep their digits. The reader has already validated it.
        json.WriteRawValue(command.Data.IsEmpty ? "{}"u8 : command.Data.Get(text), skipInputValidation: true);
        json.WriteString("id", id);
        json.WriteString("connection", sender.Connection);
        if (!string.IsNullOrEmpty(sender.User)) json.WriteString("user", sender.User);
        if (!command.ProjectId.IsEmpty)
        {
            json.WritePropertyName("project_id");
            json.WriteRawValue(command.ProjectId.Get(text), skipInputValidation: true);
        }

        json.WriteString("timestamp", RelayMessage.Time(nowMs));
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }
}
