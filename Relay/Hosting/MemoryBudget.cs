using System.Globalization;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>
/// Fits the bounds of the large buffers into the memory limit. Bounds that somebody set stay as they are; the defaults of the others are scaled down
/// together. The rest of the limit is for what the sum does not count: buffers of entities that may hold twice their content, the copy of the state that
/// snapshots are made from, the copy for the next instance and its compressed form, connections, the runtime, and an embedded Redis.
/// </summary>
/// <remarks>
/// Example: a limit of 256 MiB gives a budget of 153.6 MiB. The defaults add up to 544 MiB, so each becomes 0.28 times what it was: 18 MiB for the state
/// instead of 64. With CECELIA_STATE_BYTES set to 64 MiB, 89.6 MiB are left for the other 480, and each becomes 0.19 times what it was.
/// </remarks>
internal static class MemoryBudget
{
    /// <summary>Part of the limit that the bounds may add up to.</summary>
    public const int Percent = 60;

    /// <summary>Scaled values are whole multiples of this.</summary>
    private const long StepBytes = 64 * 1024;

    private const long MiB = 1024 * 1024;

    /// <summary>With less the runtime itself runs out of memory under load, and aborts without a word: seen at 20 MiB, not at 32.</summary>
    private const long LeastLimitBytes = 48 * MiB;

    /// <summary>The settings that count, each with the least that a scaled default becomes.</summary>
    private static readonly (Setting Setting, long LeastBytes)[] Counted =
    [
        (Find("STATE_BYTES"), MiB),
        (Find("SNAPSHOT_BYTES"), MiB),
        (Find("FILTER_BYTES"), MiB),
        (Find("OUTBOUND_BUFFER_TOTAL_BYTES"), 4 * MiB),
        (Find("INGEST_QUEUE_BYTES"), MiB),
        (Find("JOURNAL_BYTES"), MiB),
        (Find("HANDOFF_BYTES"), MiB),
    ];

    /// <summary>The options with the defaults scaled, and a sentence with the sum when what was set does not fit.</summary>
    /// <param name="options">With everything that was set, and unscaled defaults.</param>
    /// <param name="given">Names of the settings that somebody set.</param>
    /// <param name="limitBytes">Memory limit in bytes; zero, when it is not known, changes nothing.</param>
    public static (RelayOptions Options, string? Mistake) Fit(RelayOptions options, IReadOnlySet<string> given, long limitBytes)
    {
        if (limitBytes <= 0) return (options, null);
        if (limitBytes < LeastLimitBytes)
        {
            return (options, string.Create(CultureInfo.InvariantCulture, $"The memory limit is {limitBytes} bytes, and the relay needs {LeastLimitBytes} at least (DOTNET_GCHeapHardLimit, or the container's limit)"));
        }

        long budget = (long)(limitBytes * (Percent / 100m));
        var set = Counted.Where(bound => given.Contains(bound.Setting.Name)).ToList();
        var open = Counted.Except(set).ToList();
        long left = budget - set.Sum(bound => Bytes(bound.Setting, options));
        if (set.Count > 0 && open.Sum(bound => bound.LeastBytes) > left) return (options, Describe(options, set, open, budget, limitBytes));

        var scaled = new List<string>();
        if (open.Sum(bound => Bytes(bound.Setting, options)) > left)
        {
            foreach ((Setting setting, long bytes) in Scale(open, options, left))
            {
                options = setting.Apply(options, Setting.Text(bytes));
                scaled.Add(setting.EnvironmentName);
            }
        }

        long sum = Counted.Sum(bound => Bytes(bound.Setting, options));
        return (options with { Memory = new MemoryBounds(limitBytes, budget, sum, scaled) }, null);
    }

    /// <summary>One factor for all, but for those that it would take below their least: these get that, and the others share what is left then.</summary>
    private static IEnumerable<(Setting Setting, long Bytes)> Scale(List<(Setting Setting, long LeastBytes)> open, RelayOptions options, long left)
    {
        var bounds = new List<(Setting Setting, long LeastBytes)>(open);
        while (true)
        {
            decimal factor = Math.Max(0, left) / (decimal)Math.Max(1, bounds.Sum(bound => Bytes(bound.Setting, options)));
            var least = bounds.Where(bound => Bytes(bound.Setting, options) * factor < bound.LeastBytes).ToList();
            if (least.Count == 0) return open.Select(bound => (bound.Setting, bounds.Contains(bound) ? Step(Bytes(bound.Setting, options) * factor, bound.LeastBytes) : bound.LeastBytes));
            left -= least.Sum(bound => bound.LeastBytes);
            bounds.RemoveAll(least.Contains);
        }

        static long Step(decimal bytes, long least) => Math.Max(least, (long)bytes / StepBytes * StepBytes);
    }

    private static string Describe(RelayOptions options, List<(Setting Setting, long LeastBytes)> set, List<(Setting Setting, long LeastBytes)> open, long budget, long limit)
    {
        long sum = set.Sum(bound => Bytes(bound.Setting, options));
        string terms = string.Join(" + ", set.Select(bound => $"{bound.Setting.EnvironmentName} {Setting.Text(Bytes(bound.Setting, options))}"));
        long least = open.Sum(bound => bound.LeastBytes);
        string others = open.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; the other bounds need {least} at least, which makes {sum + least}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"The memory bounds do not fit: {terms} = {sum} bytes{others}; {budget} are allowed, {Percent} % of the memory limit of {limit}. Lower them, or raise the limit");
    }

    private static long Bytes(Setting setting, RelayOptions options) => long.Parse(setting.Read(options), CultureInfo.InvariantCulture);

    private static Setting Find(string name) => Settings.All.Single(setting => setting.Name == name);
}
