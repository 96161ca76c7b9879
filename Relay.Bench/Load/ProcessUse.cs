using System.ComponentModel;
using System.Diagnostics;

namespace Cecelia.Relay.Bench.Load;

/// <summary>CPU time and memory of a process on this machine.</summary>
/// <param name="Cpu">CPU time of all threads.</param>
/// <param name="ResidentBytes">Resident memory.</param>
internal readonly record struct ProcessUse(TimeSpan Cpu, long ResidentBytes)
{
    public static ProcessUse OfThis => Of(Environment.ProcessId)!.Value;

    /// <summary>Returns null if there is no such process, or if it cannot be accessed.</summary>
    public static ProcessUse? Of(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return new ProcessUse(process.TotalProcessorTime, process.WorkingSet64);
        }
        catch (Exception failure) when (failure is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }
}
