namespace Cecelia.Relay.Hosting;

/// <summary>
/// Starts all threads of the thread pool at startup, and fixes their number. .NET 10 ends the process if the pool needs another thread and the system cannot
/// create it; a pool that has all of its threads does not need one. The project file keeps them alive (<c>ThreadsToKeepAlive</c>).
/// </summary>
internal static class PoolThreads
{
    /// <summary>
    /// Number of threads. The relay does not block pool threads for long, so a few per core are enough; the rest is for libraries that do. On two cores the
    /// process has 50 threads instead of 22; VmRSS of an idle relay was 99 to 100 MB before and 97 to 101 MB after.
    /// </summary>
    public static int Count => Math.Max(32, 4 * Environment.ProcessorCount);

    /// <summary>Returns when the pool has <paramref name="count"/> threads. Call it once.</summary>
    /// <param name="count">At least the number of processors.</param>
    /// <exception cref="OutOfMemoryException">The system cannot create that many.</exception>
    public static async Task StartAsync(int count)
    {
        ThreadPool.GetMinThreads(out int min, out int minIo);
        ThreadPool.GetMaxThreads(out _, out int maxIo);
        if (!ThreadPool.SetMaxThreads(count, maxIo) || !ThreadPool.SetMinThreads(count, minIo))
        {
            throw new InvalidOperationException($"The thread pool does not accept {count} threads.");
        }

        ProbeThreads(count);
        using var release = new ManualResetEventSlim();
        int busy = 0;
        Task[] holding = [.. Enumerable.Range(0, count).Select(_ => Task.Run(Hold))];
        await Task.WhenAll(holding);
        // From here on the pool decides how many of them it uses.
        ThreadPool.SetMinThreads(min, minIo);

        void Hold()
        {
            // Each item blocks its thread until all are running, so that no thread runs two items.
            if (Interlocked.Increment(ref busy) == count) release.Set();
            release.Wait();
        }
    }

    /// <summary>
    /// Starts and ends <paramref name="count"/> threads outside the pool. If the system cannot create them, this throws, which is logged and ends the start.
    /// Inside the pool the exception would not be observed, and the process would hang forever and ignore SIGTERM.
    /// </summary>
    private static void ProbeThreads(int count)
    {
        using var release = new ManualResetEventSlim();
        var threads = new List<Thread>(count);
        try
        {
            for (int i = 0; i < count; i++)
            {
                var thread = new Thread(release.Wait) { IsBackground = true };
                thread.Start();
                threads.Add(thread);
            }
        }
        finally
        {
            release.Set();
            foreach (Thread thread in threads) thread.Join();
        }
    }
}
