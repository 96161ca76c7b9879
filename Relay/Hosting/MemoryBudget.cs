using System.Globalization;
using Cecelia.Relay.Minutes;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>
/// Fits the bounds of the large buffers into the memory limit. Bounds that were set are kept; the defaults of the others are scaled down by a common
/// factor. The bound of the minutes is fixed. The rest of the limit is for memory that the sum does not include: buffers of entities, which may be twice the
/// size of their content, the copy of the state that snapshots are made from, the copy for the next instance and its compressed form, connections, the
/// runtime, and an embedded Redis.
/// </summary>
/// <remarks>
/// Example: a limit of 256 MiB gives a budget of 153.6 MiB. The minutes take 4 MiB of it. The defaults add up to 592 MiB, so each is multiplied by 0.25: the
/// state gets 16.1 MiB instead of 64. With CECELIA_STATE_BYTES set to 64 MiB, 85.6 MiB are left for the other 528, and each of those is multiplied by 0.16.
/// </remarks>
internal static class MemoryBudget
{
    /// <summary>Maximum sum of the bounds, as a percentage of the limit.</summary>
    public const int Percent = 60;

    /// <summary>Scaled values are multiples of this.</summary>
    private const long StepBytes = 64 * 1024;

    private const long MiB = 1024 * 1024;

    /// <summary>Minimum limit. With less, the runtime runs out of memory under load and aborts without a message: observed at 20 MiB, not at 32.</summary>
    private const long MinLimitBytes = 48 * MiB;

    /// <summary>The settings whose values are added up, each with the minimum of its scaled default.</summary>
    private static readonly (Setting Setting, long MinBytes)[] Counted =
    [
        (Find("STATE_BYTES"), MiB),
        (Find("SNAPSHOT_BYTES"), MiB),
        (Find("FILTER_BYTES"), MiB),
        (Find("OUTBOUND_BUFFER_TOTAL_BYTES"), 4 * MiB),
        (Find("INGEST_QUEUE_BYTES"), MiB),
        (Find("JOURNAL_BYTES"), MiB),
        (Find("HANDOFF_BYTES"), MiB),
        (Find("RECORDER_BYTES"), MiB),
    ];

    /// <summary>Returns the options with scaled defaults, and an error with the sum if the bounds that were set do not fit.</summary>
    /// <param name="options">Options with the settings that were set, and unscaled defaults.</param>
    /// <param name="given">Names of the settings that were set.</param>
    /// <param name="limitBytes">Memory limit in bytes. Zero (unknown): nothing is scaled.</param>
    public static (RelayOptions Options, string? Error) Fit(RelayOptions options, IReadOnlySet<string> given, long limitBytes)
    {
        if (limitBytes <= 0) return (options, null);
        if (limitBytes < MinLimitBytes)
        {
            return (
                options,
                $"The memory limit is {MemoryBounds.Format(limitBytes)}, but the relay needs at least {MemoryBounds.Format(MinLimitBytes)}. "
                    + $"Raise DOTNET_GCHeapHardLimit, or the limit of the container");
        }

        long budget = (long)(limitBytes * (Percent / 100m));
        var set = Counted.Where(bound => given.Contains(bound.Setting.Name)).ToList();
        var open = Counted.Except(set).ToList();
        long left = budget - MinuteTable.MaxBytes - set.Sum(bound => Bytes(bound.Setting, options));
        if (set.Count > 0 && open.Sum(bound => bound.MinBytes) > left) return (options, Describe(options, set, open, budget, limitBytes));

        var scaled = new List<string>();
        if (open.Sum(bound => Bytes(bound.Setting, options)) > left)
        {
            foreach ((Setting setting, long bytes) in Scale(open, options, left))
            {
                options = setting.Apply(options, Setting.Text(bytes));
                scaled.Add(setting.EnvironmentName);
            }
        }

        long sum = MinuteTable.MaxBytes + Counted.Sum(bound => Bytes(bound.Setting, options));
        return (options with { Memory = new MemoryBounds(limitBytes, budget, sum, scaled) }, null);
    }

    /// <summary>Scales all by one factor, except those that would fall below their minimum: these get the minimum, and the others share the rest.</summary>
    private static IEnumerable<(Setting Setting, long Bytes)> Scale(List<(Setting Setting, long MinBytes)> open, RelayOptions options, long left)
    {
        var bounds = new List<(Setting Setting, long MinBytes)>(open);
        while (true)
        {
            decimal factor = Math.Max(0, left) / (decimal)Math.Max(1, bounds.Sum(bound => Bytes(bound.Setting, options)));
            var tooSmall = bounds.Where(bound => Bytes(bound.Setting, options) * factor < bound.MinBytes).ToList();
            if (tooSmall.Count == 0)
            {
                return open.Select(
                    bound => (bound.Setting, bounds.Contains(bound) ? Step(Bytes(bound.Setting, options) * factor, bound.MinBytes) : bound.MinBytes));
            }

            left -= tooSmall.Sum(bound => bound.MinBytes);
            bounds.RemoveAll(tooSmall.Contains);
        }

        static long Step(decimal bytes, long min) => Math.Max(min, (long)bytes / StepBytes * StepBytes);
    }

    private static string Describe(
        RelayOptions options,
        List<(Setting Setting, long MinBytes)> set,
        List<(Setting Setting, long MinBytes)> open,
        long budget,
        long limit)
    {
        long sum = set.Sum(bound => Bytes(bound.Setting, options));
        string terms = string.Join(" + ", set.Select(bound => $"{bound.Setting.EnvironmentName} {MemoryBounds.Format(Bytes(bound.Setting, options))}"));
        long min = MinuteTable.MaxBytes + open.Sum(bound => bound.MinBytes);
        string others = $"; the other bounds need at least {MemoryBounds.Format(min)}, which makes {MemoryBounds.Format(sum + min)}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"The memory bounds do not fit: {terms} = {MemoryBounds.Format(sum)}{others}; {MemoryBounds.Format(budget)} are allowed, {Percent} "
                + $"% of the memory limit of {MemoryBounds.Format(limit)}. Lower them, or raise the limit");
    }

    private static long Bytes(Setting setting, RelayOptions options) => long.Parse(setting.Read(options), CultureInfo.InvariantCulture);

    private static Setting Find(string name) => Settings.All.Single(setting => setting.Name == name);
}
