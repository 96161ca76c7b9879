using System.Runtime.InteropServices;

namespace Cecelia.Relay.Bench.Load;

/// <summary>Precise sleeps. Those of .NET are in whole milliseconds, and one longer.</summary>
internal static partial class Pause
{
    public static void For(TimeSpan time)
    {
        if (time <= TimeSpan.Zero) return;
        // Some systems limit usleep to less than a second. Callers check the clock and pause again.
        if (!OperatingSystem.IsWindows()) _ = USleep((uint)Math.Min(time.TotalMicroseconds, 100_000));
        else Thread.Sleep(TimeSpan.FromMilliseconds(Math.Min(time.TotalMilliseconds, 100)));
    }

    [LibraryImport("libc", EntryPoint = "usleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int USleep(uint microseconds);
}
