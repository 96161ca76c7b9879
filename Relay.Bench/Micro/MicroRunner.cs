using System.Diagnostics;

namespace Cecelia.Relay.Bench.Micro;

/// <summary>Warms up a case, then measures samples that are long compared to the clock's resolution, on this thread.</summary>
internal static class MicroRunner
{
    /// <summary>
    /// The runtime replaces a loop's initial, unoptimized code in the background, and only after no new method was called for 100 ms. Without the pauses,
    /// decoding 200 bytes was measured as 5.7 µs instead of 0.8 µs.
    /// </summary>
    private const int WarmUpRounds = 5;

    private static readonly TimeSpan WarmUpPause = TimeSpan.FromMilliseconds(150);

    private static readonly TimeSpan Sample = TimeSpan.FromMilliseconds(25);

    public static MicroResult Run(MicroCase micro, int samples)
    {
        Action<int> loop = micro.Prepare();
        int times = Calibrate(loop);
        Collect();

        var ns = new double[samples];
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < samples; i++) ns[i] = Time(loop, times).TotalNanoseconds / times;
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return MicroResult.Of(micro.Name, ns, (double)allocated / ((long)samples * times));
    }

    /// <summary>Warms up the loop. Returns the number of iterations that fill a sample.</summary>
    private static int Calibrate(Action<int> loop)
    {
        int times = 1;
        for (int round = 0; round < WarmUpRounds; round++)
        {
            TimeSpan took = Time(loop, times);
            for (; took < Sample; took = Time(loop, times)) times = took < Sample / 4 ? times * 2 : (int)Math.Ceiling(times * (Sample / took));
            Thread.Sleep(WarmUpPause);
            times = (int)Math.Max(1, times * (Sample / took));
        }

        return times;
    }

    private static TimeSpan Time(Action<int> loop, int times)
    {
        long start = Stopwatch.GetTimestamp();
        loop(times);
        return Stopwatch.GetElapsedTime(start);
    }

#pragma warning disable CA1849, S1215 // Garbage of earlier cases must not be collected during a sample.
    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
#pragma warning restore CA1849, S1215
}
