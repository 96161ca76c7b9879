using System.Runtime.InteropServices;

namespace Cecelia.Relay.Cli;

/// <summary>
/// Turns the first Ctrl+C or SIGTERM into a cancellation. The second has the system's default action, which ends the process at once. If standard input is a
/// terminal, SIGHUP cancels too, since it means that the terminal was closed.
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
        // When a terminal is closed, the kernel and the shell each send one.
        if (context.Signal == PosixSignal.SIGHUP) context.Cancel = true;
        if (_stopping.IsCancellationRequested) return;
        context.Cancel = true;
        // Not on the signal's thread: the callbacks of the cancellation may take time, and a second signal must still be handled.
        try
        {
            _ = _stopping.CancelAsync();
        }
        catch (OutOfMemoryException)
        {
            // There is no memory to queue the work. Cancel on this thread, since the signal would be lost otherwise.
            _stopping.Cancel();
        }
    }
}
