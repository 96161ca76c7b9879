namespace Cecelia.Relay.Tests;

/// <summary>The deadline of every wait in the tests: long enough for a busy machine, since only a failing test ever waits so long.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static Task Within(this Task task, TimeSpan? limit = null) => task.WaitAsync(limit ?? Limit);

    public static Task<T> Within<T>(this Task<T> task, TimeSpan? limit = null) => task.WaitAsync(limit ?? Limit);
}
