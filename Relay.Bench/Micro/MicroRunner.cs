using System.Diagnostics;

namespace Cecelia.Relay.Bench.Micro;

/// <summary>Runs a case warm, then in samples long enough for the clock, on this thread.</summary>
internal static class MicroRunner
{
    /// <summary>Long enough for the compiler to have replaced the loop by its optimised form, and for buffers to have grown.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(400);

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

    /// <summary>How often the loop must turn to fill a sample.</summary>
    private static int Calibrate(Action<int> loop)
    {
        int times = 1;
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            TimeSpan took = Time(loop, times);
            if (took < Sample) times = took < Sample / 4 ? times * 2 : (int)Math.Ceiling(times * (Sample / took));
            else if (Stopwatch.GetElapsedTime(start) > WarmUp) return (int)Math.Max(1, times * (Sample / took));
        }
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
