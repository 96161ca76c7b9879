using System.ComponentModel;
using System.Diagnostics;

namespace Cecelia.Relay.Bench.Load;

/// <summary>What a process on this machine has used so far.</summary>
/// <param name="Cpu">Time of all its threads.</param>
/// <param name="ResidentBytes">Memory that it holds now.</param>
internal readonly record struct ProcessUse(TimeSpan Cpu, long ResidentBytes)
{
    public static ProcessUse OfThis => Of(Environment.ProcessId)!.Value;

    /// <summary>Null when there is no such process, or it is not ours to look at.</summary>
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
