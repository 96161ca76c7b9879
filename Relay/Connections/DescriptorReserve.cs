using Cecelia.Relay.Telemetry;
using Microsoft.Win32.SafeHandles;

namespace Cecelia.Relay.Connections;

/// <summary>
/// The descriptors that are kept for what is not a client's socket. <see cref="IsShort"/> and <see cref="Dispose"/> are for one thread at a time, <see cref="Holds"/> is
/// for any.
/// </summary>
/// <param name="ceiling">The first number that belongs to the reserve; zero: there is none.</param>
/// <remarks>
/// Nothing is counted: the system gives out the lowest free number, so a socket with the number 1,450 has 1,450 open descriptors below it.
/// <para>
/// Kestrel's listener has one accept pending while it waits for a peer. If that fails for lack of a descriptor, the listener tries again at once and for ever. So one
/// spare descriptor is held, and given up for that accept when there is no other; then accepting is paused.
/// </para>
/// </remarks>
internal sealed class DescriptorReserve(long ceiling) : IDisposable
{
    private SafeFileHandle? _spare = ProcessResources.OpenDescriptor();

    /// <summary>True for the number of a descriptor that was taken from the reserve.</summary>
    public bool Holds(long descriptor) => ceiling > 0 && descriptor >= ceiling;

    /// <summary>Tells whether the lowest free descriptor is one of the reserve, or there is none. Opens a file and closes it.</summary>
    public bool IsShort()
    {
        if (OperatingSystem.IsWindows()) return false;
        SafeFileHandle? lowest = ProcessResources.OpenDescriptor();
        bool isShort = lowest is null || Holds(lowest.DangerousGetHandle());
        if (lowest is null)
        {
            // For the accept that is pending.
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
