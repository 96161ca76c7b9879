using System.Runtime.InteropServices;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Hosting;

/// <summary>
/// Reloads the certificate on SIGHUP, instead of ending the process, until it is disposed. Only if standard input is not a terminal: with a terminal, the
/// signal means that the terminal was closed, and is a request to end.
/// </summary>
internal sealed class ReloadSignal : IDisposable
{
    private readonly Lock _lock = new();
    private readonly PosixSignalRegistration? _registration;
    private Action? _reload;
    private bool _pending;

    public ReloadSignal()
    {
        if (Console.IsInputRedirected && !OperatingSystem.IsWindows()) _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
    }

    /// <summary>Starts to reload on signals. Reloads at once if a signal has been received before.</summary>
    /// <param name="certificates">The certificates, which log each reload.</param>
    public void Listen(CertificateWatch certificates)
    {
        lock (_lock)
        {
            _reload = () => Reload(certificates);
            if (_pending) _reload();
        }
    }

    public void Dispose() => _registration?.Dispose();

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        // Reloads are serialized, so that the certificate that was read last is used.
        lock (_lock)
        {
            if (_reload is null) _pending = true;
            else _reload();
        }
    }

    private static void Reload(CertificateWatch certificates)
    {
        try
        {
            certificates.ReloadNow();
        }
        catch (Exception)
        {
            // No memory for a log line. An exception on the signal's thread would end the process.
        }
    }
}
