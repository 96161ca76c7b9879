using System.Runtime.InteropServices;

namespace Cecelia.Relay.Bench.Load;

/// <summary>Sleeps that end when they should: those of .NET take whole milliseconds, and one more.</summary>
internal static partial class Pause
{
    public static void For(TimeSpan time)
    {
        if (time <= TimeSpan.Zero) return;
        // usleep takes less than a second on some systems. Anyone who waits looks at the clock again.
        if (!OperatingSystem.IsWindows()) _ = USleep((uint)Math.Min(time.TotalMicroseconds, 100_000));
        else Thread.Sleep(TimeSpan.FromMilliseconds(Math.Min(time.TotalMilliseconds, 100)));
    }

    [LibraryImport("libc", EntryPoint = "usleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int USleep(uint microseconds);
}
