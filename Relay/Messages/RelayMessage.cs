using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Messages;

/// <summary>
/// What the relay says of itself to clients of the subprotocol (PROTOCOL.md, <i>Subprotocol</i>): <c>{"event":"relay:…","data":{…},"timestamp":…}</c>,
/// with the <c>id</c> of a position where the client may come back to it.
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

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The message's JSON.</summary>
    /// <param name="name">One of the constants, or the name of an answer to a plain client.</param>
    /// <param name="nowMs">Its timestamp, in Unix milliseconds.</param>
    /// <param name="id">A position's text; empty: there is no such field.</param>
    /// <param name="writeData">Writes the members of <c>data</c>.</param>
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

    /// <summary>The message around <c>data</c> that is JSON already.</summary>
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

    /// <summary>The <c>data</c> of a message alone.</summary>
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

    /// <summary>A moment as the relay writes it: RFC 3339, milliseconds, UTC.</summary>
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
