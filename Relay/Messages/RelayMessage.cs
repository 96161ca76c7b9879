using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Messages;

/// <summary>
/// Writes the relay's own messages to clients of the subprotocol (PROTOCOL.md, <i>Subprotocol</i>): <c>{"event":"relay:…","data":{…},"timestamp":…}</c>,
/// with an <c>id</c> if the client can resume from that position.
/// </summary>
internal static class RelayMessage
{
    public const string Hello = "relay:hello";
    public const string Snapshot = "relay:snapshot";
    public const string Gap = "relay:gap";
    public const string Link = "relay:link";
    public const string Bye = "relay:bye";
    public const string Error = "relay:error";
    public const string Ack = "relay:ack";
    public const string Ping = "relay:ping";
    public const string Token = "relay:token";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns the message as JSON.</summary>
    /// <param name="name">One of the constants, or the name of a response to a plain client.</param>
    /// <param name="nowMs">The timestamp in Unix milliseconds.</param>
    /// <param name="id">The position as text. If empty, the field is omitted.</param>
    /// <param name="writeData">The callback that writes the members of <c>data</c>.</param>
    public static byte[] Write(string name, long nowMs, string id, Action<Utf8JsonWriter> writeData)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(bytes, Options);
        json.WriteStartObject();
        json.WriteString("event", name);
        json.WriteStartObject("data");
        writeData(json);
        json.WriteEndObject();
        End(json, nowMs, id);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Returns the message for <c>data</c> that is JSON already.</summary>
    public static byte[] Write(string name, long nowMs, string id, ReadOnlySpan<byte> data)
    {
        var bytes = new ArrayBufferWriter<byte>(data.Length + 160);
        using var json = new Utf8JsonWriter(bytes, Options);
        json.WriteStartObject();
        json.WriteString("event", name);
        json.WritePropertyName("data");
        json.WriteRawValue(data, skipInputValidation: true);
        End(json, nowMs, id);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Returns only the <c>data</c> of a message.</summary>
    public static byte[] Data(Action<Utf8JsonWriter> writeData)
    {
        var bytes = new ArrayBufferWriter<byte>(128);
        using var json = new Utf8JsonWriter(bytes, Options);
        json.WriteStartObject();
        writeData(json);
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Formats a time as RFC 3339 in UTC with milliseconds.</summary>
    public static string Time(long unixMs)
    {
        Span<byte> text = stackalloc byte[Rfc3339.Length];
        Rfc3339.Write(unixMs, text);
        return Encoding.ASCII.GetString(text);
    }

    private static void End(Utf8JsonWriter json, long nowMs, string id)
    {
        json.WriteString("timestamp", Time(nowMs));
        if (id.Length > 0) json.WriteString("id", id);
        json.WriteEndObject();
        json.Flush();
    }
}
