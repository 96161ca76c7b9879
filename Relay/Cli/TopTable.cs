using System.Globalization;
using System.Text.Json;
using static Cecelia.Relay.Cli.AdminText;

namespace Cecelia.Relay.Cli;

/// <summary>The connections of all instances as a table.</summary>
internal static class TopTable
{
    private static readonly string[] Titles = ["ID", "ADDRESS", "USER", "FORMAT", "LAG", "BYTES", "DELIVERED", "SKIPPED", "RESUMES", "AGE", "FILTER"];

    /// <summary>Returns a line with totals, and the table if there are rows.</summary>
    /// <param name="response">The response of the relay.</param>
    /// <param name="rows">Maximum number of rows; zero for the first line only.</param>
    /// <param name="now">The time, for the age of connections.</param>
    public static IEnumerable<string> Lines(JsonElement response, int rows, DateTimeOffset now)
    {
        JsonElement[] instances = [.. Items(response, "instances")];
        JsonElement[] connections = [.. instances.SelectMany(instance => Items(instance, "connections"))];
        long open = instances.Sum(instance => Number(instance, "open"));
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{open} connections, {connections.Count(one => Lag(one, "events") > 0)} behind, {connections.Sum(one => Number(one, "skipped"))} events skipped; "
                + $"{Answered(response)}");
        if (rows == 0) yield break;
        string[][] table =
        [
            Titles,
            .. connections.OrderByDescending(one => Lag(one, "bytes")).ThenBy(one => Text(one, "id"), StringComparer.Ordinal).Take(rows).Select(Row),
        ];
        int[] widths = [.. Enumerable.Range(0, Titles.Length).Select(column => table.Max(row => row[column].Length))];
        foreach (string[] row in table) yield return string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd();
        if (open > rows) yield return string.Create(CultureInfo.InvariantCulture, $"and {open - rows} more");

        string[] Row(JsonElement one) =>
        [
            Text(one, "id"), Text(one, "address"), Text(one, "user"), Text(one, "format"), Count(Lag(one, "events")), Count(Lag(one, "bytes")),
            Count(Number(one, "delivered")), Count(Number(one, "skipped")), Count(Number(one, "resumes")), Age(Text(one, "since"), now), FilterOf(one),
        ];
    }

    private static long Lag(JsonElement connection, string name) => connection.TryGetProperty("lag", out JsonElement lag) ? Number(lag, name) : 0;

    private static string Count(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Age(string since, DateTimeOffset now) =>
        DateTimeOffset.TryParse(since, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset start)
            ? (now - start) switch
            {
                { TotalHours: >= 48 } age => string.Create(CultureInfo.InvariantCulture, $"{age.TotalDays:0}d"),
                { TotalMinutes: >= 120 } age => string.Create(CultureInfo.InvariantCulture, $"{age.TotalHours:0}h"),
                { TotalSeconds: >= 120 } age => string.Create(CultureInfo.InvariantCulture, $"{age.TotalMinutes:0}m"),
                var age => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, age.TotalSeconds):0}s"),
            }
            : "";

    private static string FilterOf(JsonElement connection)
    {
        if (!connection.TryGetProperty("filter", out JsonElement filter) || filter.ValueKind != JsonValueKind.Object) return "";
        IEnumerable<JsonProperty> lists = filter.EnumerateObject().Where(part => part.Value.ValueKind == JsonValueKind.Array);
        string[] parts = [.. lists.Select(part => $"{part.Name}={Values(part)}")];
        return parts.Length == 0 ? "-" : string.Join(' ', parts);

        string Values(JsonProperty part) => string.Join(',', part.Value.EnumerateArray().Select(Clean));
    }
}
