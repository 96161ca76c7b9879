using System.Diagnostics;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>Waits for a condition instead of sleeping, and fails if it does not become true.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until the condition is true. Returns how long it took.</summary>
    public static Task<TimeSpan> TrueAsync(Func<bool> condition, TimeSpan? deadline = null, Func<string>? describe = null) =>
        TrueAsync(() => Task.FromResult(condition()), deadline, describe);

    /// <summary>Waits until the condition is true. Returns how long it took.</summary>
    public static async Task<TimeSpan> TrueAsync(Func<Task<bool>> condition, TimeSpan? deadline = null, Func<string>? describe = null)
    {
        TimeSpan limit = deadline ?? TestTimeouts.Default;
        long started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > limit) Assert.Fail($"not true within {limit.TotalSeconds} s{(describe is null ? "" : ": " + describe())}");
            await Task.Delay(Step);
        }

        return Stopwatch.GetElapsedTime(started);
    }
}
