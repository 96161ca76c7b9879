namespace Cecelia.Relay.Tests.Harness;

/// <summary>
/// The deadline of every wait in the tests. Only a failing test waits this long, so it is far longer than any wait takes on a machine that ten other jobs
/// share: the slowest wait of a run on an idle machine takes a few seconds.
/// </summary>
internal static class TestTimeouts
{
    public static readonly TimeSpan Default = TimeSpan.FromMinutes(2);

    public static Task Within(this Task task, TimeSpan? limit = null) => task.WaitAsync(limit ?? Default);

    public static Task<T> Within<T>(this Task<T> task, TimeSpan? limit = null) => task.WaitAsync(limit ?? Default);
}
