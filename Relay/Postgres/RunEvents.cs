using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Postgres;

/// <summary>The event of a change.</summary>
/// <param name="Payload">The event; null if the change could not be converted.</param>
/// <param name="Reason">Why there is no event, or why it has only the required fields; null for a complete event.</param>
internal readonly record struct RunEvent(byte[]? Payload, string? Reason);

/// <summary>
/// Converts changes to the events of PROTOCOL.md, <i>PostgreSQL runs</i>. The events have passed the decoder, so that relays with these limits do not refuse
/// them. For one caller at a time.
/// </summary>
internal sealed class RunEvents(EventLimits limits)
{
    /// <summary>Deeper than a relay can be configured to accept.</summary>
    private static readonly JsonDocumentOptions ReaderOptions = new() { MaxDepth = 1024 };
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly EventDecoder _decoder = new(limits);
    private readonly DecodedEvent _decoded = new();

    /// <summary>Converts a change. Does not throw for any content of the row.</summary>
    public RunEvent Create(RunChange change, string source, long seq)
    {
        if (change.Fault is { } fault) return new RunEvent(null, fault);
        try
        {
            using JsonDocument document = JsonDocument.Parse(change.Run, ReaderOptions);
            JsonElement run = document.RootElement;
            if (run.ValueKind != JsonValueKind.Object || Text(run, "id") is not { Length: > 0 } id) return new RunEvent(null, "the row has no id");

            byte[] whole = Write(change, run, id, source, seq, whole: true);
            if (_decoder.Decode(whole, _decoded) == RefusalReason.None) return new RunEvent(whole, null);
            string refusal = _decoded.RefusalDetail;
            byte[] minimal = Write(change, run, id, source, seq, whole: false);
            return _decoder.Decode(minimal, _decoded) == RefusalReason.None ? new RunEvent(minimal, refusal) : new RunEvent(null, _decoded.RefusalDetail);
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // Nested too deeply, for example.
            return new RunEvent(null, "the row cannot be read as JSON");
        }
    }

    private static string NameOf(string kind, string? status)
    {
        // The task events of the Cecelia format require one of its statuses.
        bool isKnown = status is null or "queued" or "running" or "completed" or "failed";
        return (kind, status) switch
        {
            ("insert", _) when isKnown => "task:created",
            ("status", "queued") => "task:created",
            ("status", "running") => "task:started",
            ("status", "completed") => "task:completed",
            ("status", "failed") => "task:failed",
            ("insert" or "status", _) => "run:status",
            // A task that has ended does not accept progress.
            ("progress", null or "queued" or "running") => "task:progress",
            _ => "run:updated",
        };
    }

    /// <param name="change">The change.</param>
    /// <param name="run">The row of the change.</param>
    /// <param name="id">The id of the row.</param>
    /// <param name="source">The source of the event.</param>
    /// <param name="seq">The number of the event.</param>
    /// <param name="whole">False: omit the project and the columns that the relay does not use, and list their names.</param>
    private static byte[] Write(RunChange change, JsonElement run, string id, string source, long seq, bool whole)
    {
        string? status = Text(run, "status");
        var omitted = new List<string>(change.Omitted);
        var buffer = new ArrayBufferWriter<byte>(change.Run.Length + 256);
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("event", NameOf(change.Kind, status));
            json.WriteStartObject("data");
            json.WriteString("runId", id);
            json.WriteString("taskId", Text(run, "task_id") is { Length: > 0 } task ? task : id);
            if (status is not null) json.WriteString("status", status);
            foreach (JsonProperty column in run.EnumerateObject())
            {
                if (column.Name is "id" or "task_id" or "project_id" or "status" or "runId" or "taskId" or "omitted") continue;
                bool fits = column.Name == "progress" ? IsProgress(column.Value) : whole;
                if (!fits)
                {
                    omitted.Add(column.Name);
                    continue;
                }

                json.WritePropertyName(column.Name);
                // Unchanged, so that a number keeps its digits.
                json.WriteRawValue(JsonMarshal.GetRawUtf8Value(column.Value), skipInputValidation: true);
            }

            if (omitted.Count > 0)
            {
                json.WriteStartArray("omitted");
                foreach (string name in omitted) json.WriteStringValue(name);
                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteString("timestamp", change.Id.At.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            if (whole && Text(run, "project_id") is { Length: > 0 } project) json.WriteString("project_id", project);
            json.WriteString("source", source);
            json.WriteNumber("seq", seq);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Returns a string, number or boolean column as text; null for any other value.</summary>
    private static string? Text(JsonElement run, string column) => !run.TryGetProperty(column, out JsonElement value)
        ? null
        : value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            _ => null,
        };

    private static bool IsProgress(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null
            || (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number is >= 0 and <= 100);
}
