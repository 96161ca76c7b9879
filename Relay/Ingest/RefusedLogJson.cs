using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// The body of <c>GET /api/v1/refused</c>, newest first:
/// <c>{"counts":{reason:n},"kept":[{"time","reason","detail","channel","bytes","excerpt"}]}</c>.
/// </summary>
internal static class RefusedLogJson
{
    /// <summary>
    /// Relaxed escaping: the body is served as application/json and never inside a page, so quotes and Chinese remain readable in a terminal.
    /// </summary>
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes the log. Bytes that are not UTF-8 are written as U+FFFD. Every reason has a count, even if it is zero, except duplicates, which are counted
    /// separately.
    /// </summary>
    public static void WriteJson(this RefusedLog log, IBufferWriter<byte> destination)
    {
        using var json = new Utf8JsonWriter(destination, Options);
        json.WriteStartObject();
        json.WriteStartObject("counts"u8);
        foreach (RefusalReason reason in Enum.GetValues<RefusalReason>())
        {
            if (reason is not RefusalReason.None and not RefusalReason.Duplicate) json.WriteNumber(RefusalReasons.ToWireName(reason), log.Count(reason));
        }

        json.WriteEndObject();
        json.WriteStartArray("kept"u8);
        foreach (RefusedEvent refused in log.Latest()) Write(json, refused);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RefusedEvent refused)
    {
        Span<byte> time = stackalloc byte[Rfc3339.Length];
        Rfc3339.Write(refused.Time.ToUnixTimeMilliseconds(), time);
        json.WriteStartObject();
        json.WriteString("time"u8, time);
        json.WriteString("reason"u8, RefusalReasons.ToWireName(refused.Reason));
        json.WriteString("detail"u8, refused.Detail);
        // Through a string, since the writer accepts only valid UTF-8 and decoding inserts the replacement characters.
        json.WriteString("channel"u8, Encoding.UTF8.GetString(refused.Channel));
        json.WriteNumber("bytes"u8, refused.Bytes);
        json.WriteString("excerpt"u8, Encoding.UTF8.GetString(refused.Excerpt));
        json.WriteEndObject();
    }
}
