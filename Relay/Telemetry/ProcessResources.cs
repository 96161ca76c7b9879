using System.IO.Enumeration;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cecelia.Relay.Telemetry;

/// <summary>File descriptors and threads of this process. A value is null if the system does not provide it. Thread-safe.</summary>
internal static partial class ProcessResources
{
    private const string DescriptorFolder = "/proc/self/fd";
    private const string ThreadFolder = "/proc/self/task";
    private const string NullDevice = "/dev/null";

    // getrlimit(2): RLIMIT_NOFILE.
    private const int LinuxDescriptorLimit = 7;
    private const int MacDescriptorLimit = 8;

    /// <summary>Returns the maximum number of open descriptors. The runtime raises the soft limit to the hard limit at startup.</summary>
    public static long? DescriptorLimit()
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS()) return null;
        int resource = OperatingSystem.IsLinux() ? LinuxDescriptorLimit : MacDescriptorLimit;
        return GetLimit(resource, out Limit limit) == 0 && limit.Soft <= long.MaxValue ? (long)limit.Soft : null;
    }

    /// <summary>
    /// Returns the number of open descriptors. Takes a file-system call for each: suitable for a scrape, not for a hot path. Also null if no descriptor is
    /// free for counting.
    /// </summary>
    public static long? OpenDescriptors() => Count(DescriptorFolder) is { } count ? count - 1 : null;

    /// <summary>Returns the number of threads, including those of the runtime.</summary>
    public static long? Threads() => Count(ThreadFolder);

    /// <summary>
    /// Opens a descriptor of <c>/dev/null</c>. Its number is the lowest free one, because the system assigns that. Returns null if no descriptor is free, or
    /// the system does not number descriptors in this way. The caller disposes it.
    /// </summary>
    public static SafeFileHandle? OpenDescriptor()
    {
        try
        {
            return File.OpenHandle(NullDevice, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long? Count(string folder)
    {
        if (!OperatingSystem.IsLinux()) return null;
        try
        {
            long count = 0;
            foreach (bool _ in new FileSystemEnumerable<bool>(folder, static (ref _) => true)) count++;
            return count;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, out Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
