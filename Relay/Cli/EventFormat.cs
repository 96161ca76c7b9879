using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Cecelia.Relay.Cli;

/// <summary>Formats an event as one line of aligned columns. Reads the wire formats of all endpoints; any other text is shown unchanged.</summary>
/// <param name="zone">Time zone of the displayed times.</param>
/// <param name="color">Whether to write escape sequences for colors.</param>
internal sealed class EventFormat(TimeZoneInfo zone, bool color)
{
    private const int EventColumn = 16;
    private const int IdColumn = 14;
    private const int StatusColumn = 9;
    private const int BarLength = 10;

    /// <summary>Minimum width at which the progress bar is shown. A narrower terminal shows the percentage only, to leave room for the other fields.</summary>
    private const int MinWidthForBar = 110;

    private static readonly string[] TaskIds = ["taskId", "task_id", "execution_id", "executionId", "runId", "run_id", "agent_id", "id"];

    /// <summary>Returns a line of at most <paramref name="width"/> columns, without a line end.</summary>
    public string Format(ReadOnlyMemory<byte> message, DateTimeOffset arrival, int width)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(message, new JsonDocumentOptions { MaxDepth = 600 });
            if (document.RootElement.ValueKind == JsonValueKind.Object) return Columns(document.RootElement, arrival, width);
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // Not JSON, or a name with an unpaired surrogate: shown unchanged, below.
        }

        return Cut($"{Time(arrival)}  {Printable(Encoding.UTF8.GetString(message.Span))}", width);
    }

    private string Columns(JsonElement envelope, DateTimeOffset arrival, int width)
    {
        var shown = new HashSet<string>(StringComparer.Ordinal) { "event", "type", "timestamp" };
        JsonElement data = envelope;
        if (envelope.TryGetProperty("data", out JsonElement inner) && inner.ValueKind == JsonValueKind.Object)
        {
            data = inner;
            shown.Add("data");
        }

        string name = Text(envelope, "event") ?? Text(envelope, "type") ?? "?";
        DateTimeOffset time = Text(envelope, "timestamp") is { } stamp
            && DateTimeOffset.TryParse(stamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset sent) ? sent : arrival;
        string? idName = TaskIds.FirstOrDefault(candidate => Text(data, candidate) is not null)
            ?? (Text(envelope, "execution_id") is null ? null : "execution_id");
        string id = idName is null ? "" : Text(data, idName) ?? Text(envelope, idName) ?? "";
        if (idName is not null) shown.Add(idName);
        string status = Text(data, "status") ?? "";
        if (status.Length > 0) shown.Add("status");
        int? progress = data.TryGetProperty("progress", out JsonElement given)
            && given.ValueKind == JsonValueKind.Number
            && given.TryGetDouble(out double percent)
            ? (int)Math.Clamp(percent, 0, 100)
            : null;
        if (progress is not null) shown.Add("progress");

        string rest = string.Join(' ', Rest(data, shown).Concat(data.Equals(envelope) ? [] : Rest(envelope, shown)));
        string start = $"{Time(time)}  ";
        string shownName = Printable(name).PadRight(EventColumn);
        // An event that does not concern a task, such as executor:status, has no task columns.
        string task = id.Length == 0 && status.Length == 0 && progress is null
            ? ""
            : $"{Printable(id).PadRight(IdColumn)}  {Printable(status).PadRight(StatusColumn)}  {Bar(progress, width >= MinWidthForBar)}  ";
        string line = Cut($"{start}{shownName}  {task}{rest}".TrimEnd(), width);
        int nameEnd = Math.Min(start.Length + shownName.Length, line.Length);
        if (!color || nameEnd <= start.Length || Paint(name, status) is not { } paint) return line;
        return $"{start}\e[{paint}m{line[start.Length..nameEnd]}\e[0m{line[nameEnd..]}";
    }

    private static IEnumerable<string> Rest(JsonElement element, HashSet<string> shown) => element.EnumerateObject()
        .Where(property => !shown.Contains(property.Name) && property.Value.ValueKind is not JsonValueKind.Null)
        // The run is the least useful to a reader, so it is last and truncated first.
        .OrderBy(property => property.Name is "runId" or "run_id")
        .Select(property => $"{Printable(property.Name)}={Value(property.Value)}");

    private static string Value(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) return Printable(value.GetRawText());
        string text = Printable(Text(value) ?? value.GetRawText());
        return text.Length == 0 || text.Contains(' ', StringComparison.Ordinal) ? $"\"{text}\"" : text;
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? Text(value) : null;

    private static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number => value.GetRawText(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            // An escape of an unpaired surrogate is valid JSON but not valid text.
            return null;
        }
    }

    private static string Bar(int? progress, bool wide)
    {
        string percent = progress is null ? "    " : string.Create(CultureInfo.InvariantCulture, $"{progress,3}%");
        if (!wide) return percent;
        int full = (progress ?? 0) * BarLength / 100;
        string bar = progress is null ? new string(' ', BarLength) : new string('█', full) + new string('░', BarLength - full);
        return $"{bar} {percent}";
    }

    private string Time(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, zone).ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);

    /// <summary>Returns the SGR code of the event's color, which shows the status of the task. Null: the terminal's own color.</summary>
    private static string? Paint(string name, string status) => (name, status) switch
    {
        ("task:failed" or "error", _) or (_, "failed") => "31",
        ("task:completed", _) or (_, "completed") => "32",
        ("task:created", _) or (_, "queued" or "pending") => "36",
        ("task:started" or "task:progress", _) or (_, "running") => "34",
        ("executor:status", _) => "35",
        _ => null,
    };

    /// <summary>Replaces control characters by dots, so that a publisher cannot send escape sequences to the terminal.</summary>
    private static string Printable(string text) => text.AsSpan().ContainsAnyInRange('\0', '\x1f') || text.AsSpan().ContainsAnyInRange('\x7f', '\x9f')
        ? string.Create(text.Length, text, (span, from) =>
        {
            for (int i = 0; i < span.Length; i++) span[i] = char.IsControl(from[i]) ? '·' : from[i];
        })
        : text;

    private static string Cut(string line, int width) => line.Length <= width ? line : string.Concat(line.AsSpan(0, Math.Max(width - 1, 0)), "…");
}
