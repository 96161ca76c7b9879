using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Minutes;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Bench.Micro;

/// <summary>The minutes: the cost of an event, of a task that ends, and of a copy of a whole day.</summary>
internal static class MinuteCases
{
    public static IEnumerable<MicroCase> All { get; } =
    [
        Count("minutes/event-1-project", 1),
        Count("minutes/event-20-projects", 20),
        Count("minutes/event-100-projects", 100),
        new("minutes/task-ended", EndTask),
        new("minutes/reduce-progress-200B", Reduce),
        new("minutes/copy-day", CopyDay),
    ];

    private static MicroCase Count(string name, int projects) => new(name, () =>
    {
        var table = new MinuteTable { IsLive = true };
        byte[][] ids = [.. Enumerable.Range(0, projects).Select(i => Encoding.UTF8.GetBytes($"project-{i}"))];
        return times =>
        {
            for (int i = 0; i < times; i++) table.BeginEvent(60_000, ids[i % ids.Length], i & 1023);
        };
    });

    private static Action<int> EndTask()
    {
        var table = new MinuteTable { IsLive = true };
        table.BeginEvent(60_000, "p1"u8, 1);
        return times =>
        {
            for (int i = 0; i < times; i++) table.AddEnded("p1"u8, MinuteValues.Completed, i);
        };
    }

    /// <summary>The whole reduction of an event, in which the minutes have a part.</summary>
    private static Action<int> Reduce()
    {
        var table = new StateTable(new StateOptions());
        DecodedEvent decoded = Payloads.Decode(Payloads.Progress);
        long nowMs = 1_770_366_600_000;
        return times =>
        {
            for (int i = 0; i < times; i++) table.Apply(decoded, nowMs);
        };
    }

    private static Action<int> CopyDay()
    {
        var table = new MinuteTable { IsLive = true };
        for (int minute = 0; minute < MinuteTable.Minutes; minute++) table.BeginEvent(minute * MinuteTable.MinuteMs, "p1"u8, minute);
        return times =>
        {
            for (int i = 0; i < times; i++) table.Copy();
        };
    }
}
