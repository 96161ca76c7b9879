using System.Runtime.InteropServices;

namespace Cecelia.Relay.Cli;

/// <summary>
/// Turns the first Ctrl+C or SIGTERM into a cancellation; the second ends the process at once, as the system does. Where standard input is a terminal, SIGHUP is
/// one too, as it says that the terminal was closed.
/// </summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly PosixSignalRegistration[] _registrations;

    /// <param name="inIsTerminal">Whether standard input is a terminal.</param>
    public StopSignal(bool inIsTerminal)
    {
        PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, .. inIsTerminal ? (PosixSignal[])[PosixSignal.SIGHUP] : []];
        _registrations = [.. signals.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];
    }

    public CancellationToken Token => _stopping.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
        _stopping.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        // The kernel and the shell each send one when a terminal is closed.
        if (context.Signal == PosixSignal.SIGHUP) context.Cancel = true;
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
