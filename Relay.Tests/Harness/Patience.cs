namespace Cecelia.Relay.Tests.Harness;

/// <summary>
/// The deadline of every wait in the tests. Only a failing test waits so long, so it is far more than any takes on a machine that ten others use: the slowest wait
/// of a quiet run takes a few seconds.
/// </summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static Task Within(this Task task, TimeSpan? limit = null) => task.WaitAsync(limit ?? Limit);

    public static Task<T> Within<T>(this Task<T> task, TimeSpan? limit = null) => task.WaitAsync(limit ?? Limit);
}
