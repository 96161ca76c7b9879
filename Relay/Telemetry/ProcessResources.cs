using System.IO.Enumeration;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cecelia.Relay.Telemetry;

/// <summary>Descriptors and threads of this process. Every member is null where the system does not say. Thread-safe.</summary>
internal static partial class ProcessResources
{
    private const string Descriptors = "/proc/self/fd";
    private const string Tasks = "/proc/self/task";
    private const string Nothing = "/dev/null";

    // getrlimit(2): RLIMIT_NOFILE.
    private const int LinuxDescriptorLimit = 7;
    private const int MacDescriptorLimit = 8;

    /// <summary>Most descriptors that the process may have open. The runtime raises the soft limit to the hard limit when it starts.</summary>
    public static long? DescriptorLimit()
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS()) return null;
        int resource = OperatingSystem.IsLinux() ? LinuxDescriptorLimit : MacDescriptorLimit;
        return GetLimit(resource, out Limit limit) == 0 && limit.Soft <= long.MaxValue ? (long)limit.Soft : null;
    }

    /// <summary>Descriptors that are open now. One file-system call for each: for a scrape, not for a hot path. Null also while no descriptor is left to count with.</summary>
    public static long? OpenDescriptors() => Count(Descriptors) is { } count ? count - 1 : null;

    /// <summary>Threads that the process has now, those of the runtime included.</summary>
    public static long? Threads() => Count(Tasks);

    /// <summary>
    /// Opens a descriptor of nothing: it has the lowest free number, because the system gives out that one. Null where none is left, and where descriptors are not
    /// numbered like this. The caller disposes it.
    /// </summary>
    public static SafeFileHandle? OpenDescriptor()
    {
        try
        {
            return File.OpenHandle(Nothing, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException)
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
