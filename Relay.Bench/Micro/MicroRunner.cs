using System.Diagnostics;

namespace Cecelia.Relay.Bench.Micro;

/// <summary>Runs a case warm, then in samples long enough for the clock, on this thread.</summary>
internal static class MicroRunner
{
    /// <summary>
    /// The runtime replaces a loop's first, slow code in the background, and only once nothing new has been called for 100 ms: without the
    /// pauses, decoding 200 bytes measured 5.7 µs instead of 0.8 µs.
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

    /// <summary>How often the loop must turn to fill a sample, once it is warm.</summary>
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

#pragma warning disable CA1849, S1215 // What earlier cases left behind is not to be collected in the middle of a sample.
    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
#pragma warning restore CA1849, S1215
}
