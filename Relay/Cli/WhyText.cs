using System.Globalization;
using System.Text.Json;
using static Cecelia.Relay.Cli.AdminText;

namespace Cecelia.Relay.Cli;

/// <summary>A trace as text.</summary>
internal static class WhyText
{
    private static readonly string[] Keys = ["event", "source", "seq", "id", "position", "project_id", "task_id", "execution_id", "channel", "bytes"];

    public static void Write(TextWriter output, JsonElement response)
    {
        output.WriteLine(Text(response, "key"));
        output.WriteLine(Answered(response));
        foreach (JsonElement instance in Items(response, "instances")) WriteInstance(output, instance);
    }

    private static void WriteInstance(TextWriter output, JsonElement instance)
    {
        output.WriteLine();
        output.WriteLine($"instance {Text(instance, "instance")}: {Verdict(instance)}");
        if (instance.TryGetProperty("recording", out JsonElement recording))
        {
            output.WriteLine(
                $"  recorded: accepted events since {Text(recording, "accepted_since")}, others since {Text(recording, "others_since")}, deliveries since "
                    + Text(recording, "deliveries_since"));
        }

        foreach (JsonElement e in Items(instance, "events")) WriteEvent(output, e);
        if (Number(instance, "more") is > 0 and var more) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  and {more} older"));
        foreach (JsonElement gap in Items(instance, "gaps"))
        {
            string missed = gap.TryGetProperty("missed", out JsonElement count) && count.ValueKind == JsonValueKind.Number ? count.ToString() : "unknown";
            string numbers = gap.TryGetProperty("from_seq", out _)
                ? string.Create(CultureInfo.InvariantCulture, $" numbers {Number(gap, "from_seq")} to {Number(gap, "to_seq")}")
                : "";
            output.WriteLine($"  {Text(gap, "at")}  gap        {Text(gap, "cause")}, missed: {missed} {Text(gap, "source")}{numbers}".TrimEnd());
        }
    }

    private static string Verdict(JsonElement instance) => Text(instance, "outcome") switch
    {
        "recorded" => "received",
        "never_came" => $"never came ({Text(instance, "reason")})",
        _ => $"not recorded ({Text(instance, "reason")})",
    };

    private static void WriteEvent(TextWriter output, JsonElement e)
    {
        string outcome = Text(e, "outcome");
        IEnumerable<string> members = Keys.Where(key => e.TryGetProperty(key, out _)).Select(key => $"{key} {Text(e, key)}");
        output.WriteLine($"  {Text(e, "at")}  {outcome,-10} {string.Join(", ", members)}");
        if (Text(e, "reason") is { Length: > 0 } reason) output.WriteLine($"      {reason}: {Text(e, "detail")}");
        if (Text(e, "excerpt") is { Length: > 0 } excerpt) output.WriteLine($"      {excerpt}");
        if (e.TryGetProperty("stale", out JsonElement stale) && stale.ValueKind == JsonValueKind.True)
            output.WriteLine("      stale: older than what was known, so it did not change the state");
        if (e.TryGetProperty("from_stream", out _)) output.WriteLine("      read from the stream, not from the subscription");
        if (!e.TryGetProperty("deliveries", out JsonElement deliveries)) return;
        string[] counts = [.. deliveries.GetProperty("counts").EnumerateObject().Select(one => $"{one.Name} {one.Value}")];
        output.WriteLine(counts.Length == 0 ? "      no connection wanted it" : $"      connections: {string.Join(", ", counts)}");
        foreach (JsonElement connection in Items(deliveries, "connections"))
        {
            string by = Text(connection, "by") is { Length: > 0 } time ? $" by {time}" : "";
            string why = Text(connection, "reason") is { Length: > 0 } cause ? $" ({cause})" : "";
            string user = Text(connection, "user") is { Length: > 0 } name ? $", user {name}" : "";
            output.WriteLine($"      {Text(connection, "id")}: {Text(connection, "outcome")}{by}{why}, {Text(connection, "address")}{user}, "
                + Text(connection, "format"));
        }

        if (Number(deliveries, "more") is > 0 and var more) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"      and {more} more"));
    }
}
