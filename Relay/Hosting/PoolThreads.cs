namespace Cecelia.Relay.Hosting;

/// <summary>
/// Starts all threads of the thread pool at the start, and lets it have no more. .NET 10 ends the process when the pool wants another thread and the system has
/// none; a pool that has all of its threads never asks. The project file has them kept alive (<c>ThreadsToKeepAlive</c>).
/// </summary>
internal static class PoolThreads
{
    /// <summary>
    /// Nothing here blocks a pool thread for long, so that a few for each core are enough; the rest is for libraries that do. On two cores
    /// 50 threads in all instead of 22; VmRSS of an idle relay was 99 to 100 MB before and 97 to 101 MB after.
    /// </summary>
    public static int Count => Math.Max(32, 4 * Environment.ProcessorCount);

    /// <summary>Returns when the pool has <paramref name="count"/> threads. Called once.</summary>
    /// <param name="count">At least the number of processors.</param>
    /// <exception cref="OutOfMemoryException">The system does not give so many.</exception>
    public static async Task StartAsync(int count)
    {
        ThreadPool.GetMinThreads(out int usual, out int usualIo);
        ThreadPool.GetMaxThreads(out _, out int mostIo);
        if (!ThreadPool.SetMaxThreads(count, mostIo) || !ThreadPool.SetMinThreads(count, usualIo)) throw new InvalidOperationException($"The thread pool does not take {count} threads.");
        TryOut(count);
        using var release = new ManualResetEventSlim();
        int busy = 0;
        Task[] holding = [.. Enumerable.Range(0, count).Select(_ => Task.Run(Hold))];
        await Task.WhenAll(holding);
        // From here on the pool may use fewer of them, as its own measurements say.
        ThreadPool.SetMinThreads(usual, usualIo);

        void Hold()
        {
            // Each item holds its thread until all are there, so that none takes two items.
            if (Interlocked.Increment(ref busy) == count) release.Set();
            release.Wait();
        }
    }

    /// <summary>
    /// Starts so many threads of our own and ends them. Where the system does not give them, that is an exception here, which is logged and ends the start; inside the
    /// pool it is nobody's, and the process hangs for ever, deaf to SIGTERM.
    /// </summary>
    private static void TryOut(int count)
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
