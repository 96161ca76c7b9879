using System.Globalization;
using System.Runtime.InteropServices;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>
/// Reloads the certificate on SIGHUP, instead of ending the process, until it is disposed. Only if standard input is not a terminal: with a terminal, the
/// signal means that the terminal was closed, and is a request to end.
/// </summary>
internal sealed partial class ReloadSignal : IDisposable
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
    /// <param name="certificate">The certificate; null if there is none.</param>
    /// <param name="logger">Receives one line for each signal.</param>
    public void Listen(ServerCertificate? certificate, ILogger logger)
    {
        lock (_lock)
        {
            _reload = () => Reload(certificate, logger);
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

    private static void Reload(ServerCertificate? certificate, ILogger logger)
    {
        try
        {
            if (certificate is null) LogNothing(logger);
            else if (certificate.TryReload())
            {
                LogReloaded(logger, certificate.Context.TargetCertificate.NotAfter.ToUniversalTime().ToString("u", CultureInfo.InvariantCulture));
            }
            else LogFailed(logger, certificate.Fault?.Reason ?? "");
        }
        catch (Exception)
        {
            // No memory for a log line. An exception on the signal's thread would end the process.
        }
    }

    [LoggerMessage(
        EventIds.CertificateReloaded,
        LogLevel.Information,
        "SIGHUP: the certificate was reloaded for new connections and is valid until {NotAfter}",
        EventName = nameof(EventIds.CertificateReloaded))]
    private static partial void LogReloaded(ILogger logger, string notAfter);

    [LoggerMessage(
        EventIds.CertificateReloadFailed,
        LogLevel.Warning,
        "SIGHUP: the certificate could not be reloaded, and the previous one stays in use: {Reason}",
        EventName = nameof(EventIds.CertificateReloadFailed))]
    private static partial void LogFailed(ILogger logger, string reason);

    [LoggerMessage(
        EventIds.NothingToReload,
        LogLevel.Information,
        "SIGHUP: no certificate is configured (CECELIA_TLS_CERTIFICATE), so nothing was reloaded; settings are read only at startup",
        EventName = nameof(EventIds.NothingToReload))]
    private static partial void LogNothing(ILogger logger);
}
