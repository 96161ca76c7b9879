using System.Runtime.InteropServices;

namespace Cecelia.Relay.Cli;

/// <summary>Turns the first Ctrl+C or SIGTERM into a cancellation; the second ends the process at once, as the system does.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignal() =>
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal)];

    public CancellationToken Token => _stopping.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
        _stopping.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (_stopping.IsCancellationRequested) return;
        context.Cancel = true;
        // Not on the signal's thread: what the cancellation runs may take its time, and a second signal must still be heard.
        try
        {
            _ = _stopping.CancelAsync();
        }
        catch (OutOfMemoryException)
        {
            // No memory for another thread's work: here then, or the signal would be lost.
            _stopping.Cancel();
        }
    }
}
