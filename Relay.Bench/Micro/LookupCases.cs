using System.Globalization;
using Cecelia.Relay.Events;
using Cecelia.Relay.Views;

namespace Cecelia.Relay.Bench.Micro;

/// <summary>Which views an event belongs to, among few and many that it does not. The million takes some seconds and half a gigabyte to prepare.</summary>
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
    ];

    private static MicroCase Find(string name, int others, int matching) => new(name, () =>
    {
        var index = new FilterIndex<object>();
        for (int i = 0; i < others; i++) index.Add(Other(i), new object());
        foreach (Filter filter in Matching.Take(matching)) index.Add(filter, new object());

        DecodedEvent decoded = Payloads.Decode(Payloads.Progress);
        var found = new List<object>();
        return times =>
        {
            for (int i = 0; i < times; i++)
            {
                found.Clear();
                index.Find(decoded, found);
            }

            if (found.Count != matching) throw new InvalidOperationException($"{name}: found {found.Count} of {matching}");
        };
    });

    /// <summary>Filters for the event of <see cref="Payloads.Progress"/>: its task, any event, names of its kind, and task and name together.</summary>
    private static IEnumerable<Filter> Matching =>
    [
        Make(tasks: "task-17"),
        Filter.None,
        Make(names: "task:*,executor:status"),
        Make(tasks: "task-17", names: "task:progress"),
    ];

    /// <summary>Filters of all kinds, none for that event.</summary>
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

    private static Filter Make(string? projects = null, string? tasks = null, string? executions = null, string? names = null) =>
        Filter.TryMake([projects], [tasks], [executions], [names], out Filter filter, out string? error) ? filter : throw new InvalidOperationException(error);
}
