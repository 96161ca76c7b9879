using System.Globalization;
using Cecelia.Relay.Events;
using Cecelia.Relay.Filters;

namespace Cecelia.Relay.Bench.Micro;

/// <summary>Lookup of the views that match an event, among few and many that do not. The million takes some seconds and half a gigabyte to prepare.</summary>
internal static class LookupCases
{
    public static IEnumerable<MicroCase> All { get; } =
    [
        Find("lookup/10-others", others: 10, matching: 0),
        Find("lookup/10000-others", others: 10_000, matching: 0),
        Find("lookup/1000000-others", others: 1_000_000, matching: 0),
        Find("lookup/10-others-1-match", others: 10, matching: 1),
        Find("lookup/10000-others-1-match", others: 10_000, matching: 1),
        Find("lookup/1000000-others-1-match", others: 1_000_000, matching: 1),
        Find("lookup/10000-others-4-match", others: 10_000, matching: 4),
        Find("lookup/0-others", others: 0, matching: 0),
        Find("lookup/3000-of-256-values", Enumerable.Range(0, 3_000).Select(Crowded), Payloads.OfProject, []),
    ];

    private static MicroCase Find(string name, int others, int matching) =>
        Find(name, Enumerable.Range(0, others).Select(Other), Payloads.Progress, [.. Matching.Take(matching)]);

    private static MicroCase Find(string name, IEnumerable<Filter> others, byte[] payload, Filter[] matching) => new(name, () =>
    {
        var index = new FilterIndex<object>();
        foreach (Filter other in others) index.Add(other, new object());
        foreach (Filter filter in matching) index.Add(filter, new object());

        DecodedEvent decoded = Payloads.Decode(payload);
        var found = new List<object>();
        return times =>
        {
            for (int i = 0; i < times; i++)
            {
                found.Clear();
                index.Find(decoded, found);
            }

            if (found.Count != matching.Length) throw new InvalidOperationException($"{name}: found {found.Count} of {matching.Length}");
        };
    });

    /// <summary>Filters that match the event of <see cref="Payloads.Progress"/>: by task, without conditions, by name pattern, and by task and name.</summary>
    private static IEnumerable<Filter> Matching =>
    [
        Make(tasks: "task-17"),
        Filter.None,
        Make(names: "task:*,executor:status"),
        Make(tasks: "task-17", names: "task:progress"),
    ];

    /// <summary>Creates filters of all kinds that do not match that event.</summary>
    private static Filter Other(int i)
    {
        string value = i.ToString(CultureInfo.InvariantCulture);
        return (i % 4) switch
        {
            0 or 1 => Make(tasks: "other-" + value),
            2 => Make(executions: "execution-" + value),
            _ => Make(projects: "project-" + value, names: "task:*"),
        };
    }

    /// <summary>Creates different filters for the project of that event, each with the maximum number of values, none of which is its name.</summary>
    private static Filter Crowded(int i) =>
        Make(projects: "project-3", names: string.Join(',', Enumerable.Range(0, 254).Select(n => $"name-{n}").Append($"only-{i}")));

    private static Filter Make(string? projects = null, string? tasks = null, string? executions = null, string? names = null) =>
        Filter.TryMake([projects], [tasks], [executions], [names], out Filter filter, out string? error) ? filter : throw new InvalidOperationException(error);
}
