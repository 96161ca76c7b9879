using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cecelia.Relay.Cli;

/// <summary>One event of the simulated Brain, in System A's fields; those that are null are left out.</summary>
internal sealed record DemoEvent(string Name, DateTimeOffset Timestamp)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string? TaskId { get; init; }

    public string? RunId { get; init; }

    public string? Status { get; init; }

    public int? Progress { get; init; }

    public string? Title { get; init; }

    public string? Error { get; init; }

    public int? ActiveCount { get; init; }

    public int? AvailableSlots { get; init; }

    /// <summary>Stands in the envelope, as <c>project_id</c>.</summary>
    public string? ProjectId { get; init; }

    public byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("event", Name);
            json.WriteStartObject("data");
            WriteText(json, "taskId", TaskId);
            WriteText(json, "runId", RunId);
            WriteText(json, "status", Status);
            WriteNumber(json, "progress", Progress);
            WriteText(json, "title", Title);
            WriteText(json, "error", Error);
            WriteNumber(json, "activeCount", ActiveCount);
            WriteNumber(json, "availableSlots", AvailableSlots);
            json.WriteEndObject();
            json.WriteString("timestamp", Timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            WriteText(json, "project_id", ProjectId);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
    }
}
