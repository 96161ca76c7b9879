using Cecelia.Relay.Telemetry;
using Microsoft.Win32.SafeHandles;

namespace Cecelia.Relay.Connections;

/// <summary>
/// The descriptors that are reserved for other uses than clients' sockets. <see cref="IsShort"/> and <see cref="Dispose"/> are for one thread at a time,
/// <see cref="Holds"/> is for any thread.
/// </summary>
/// <param name="ceiling">The lowest number that belongs to the reserve; zero if there is no reserve.</param>
/// <remarks>
/// Descriptors are not counted: the operating system assigns the lowest free number, so a socket with the number 1,450 has 1,450 open descriptors below it.
/// <para>
/// Kestrel's listener has one accept pending while it waits for a peer. If that fails for lack of a descriptor, the listener retries at once and without end.
/// Therefore one spare descriptor is held and is released for that accept when no other is free; then accepting is paused.
/// </para>
/// </remarks>
internal sealed class DescriptorReserve(long ceiling) : IDisposable
{
    private SafeFileHandle? _spare = ProcessResources.OpenDescriptor();

    /// <summary>Returns true if the descriptor belongs to the reserve.</summary>
    public bool Holds(long descriptor) => ceiling > 0 && descriptor >= ceiling;

    /// <summary>Returns true if the lowest free descriptor belongs to the reserve, or none is free. Opens a file and closes it.</summary>
    public bool IsShort()
    {
        if (OperatingSystem.IsWindows()) return false;
        SafeFileHandle? lowest = ProcessResources.OpenDescriptor();
        bool isShort = lowest is null || Holds(lowest.DangerousGetHandle());
        if (lowest is null)
        {
            // Free the descriptor for the pending accept.
            _spare?.Dispose();
            _spare = null;
        }
        else if (_spare is null && !isShort)
        {
            _spare = lowest;
        }
        else
        {
            lowest.Dispose();
        }

        return isShort;
    }

    public void Dispose() => _spare?.Dispose();
}
