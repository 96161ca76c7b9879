using System.Globalization;
using System.Runtime.InteropServices;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Hosting;

/// <summary>
/// Keeps SIGHUP from ending the process, and loads the certificate again instead, until it is disposed. Only where standard input is not a terminal: with one,
/// the signal says that the terminal was closed, and is a request to end.
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

    /// <summary>Answers signals with a reload, the first at once if one came before.</summary>
    /// <param name="certificate">Null: there is none.</param>
    /// <param name="logger">Gets one line for each signal.</param>
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
        // One after the other, so that the certificate read last is the one that stays.
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
            else if (certificate.TryReload()) LogReloaded(logger, certificate.Context.TargetCertificate.NotAfter.ToUniversalTime().ToString("u", CultureInfo.InvariantCulture));
            else LogFailed(logger, certificate.Fault?.Reason ?? "");
        }
        catch (Exception)
        {
            // No memory for a log line. On the thread of a signal it would end the process.
        }
    }

    [LoggerMessage(EventIds.CertificateReloaded, LogLevel.Information, "SIGHUP: the certificate was loaded again for new connections, it is valid until {NotAfter}", EventName = nameof(EventIds.CertificateReloaded))]
    private static partial void LogReloaded(ILogger logger, string notAfter);

    [LoggerMessage(EventIds.CertificateReloadFailed, LogLevel.Warning, "SIGHUP: the certificate could not be loaded again, the one before stays in use: {Reason}", EventName = nameof(EventIds.CertificateReloadFailed))]
    private static partial void LogFailed(ILogger logger, string reason);

    [LoggerMessage(EventIds.NothingToReload, LogLevel.Information, "SIGHUP: no certificate is configured (CECELIA_TLS_CERTIFICATE), so nothing was reloaded; settings are read only at startup", EventName = nameof(EventIds.NothingToReload))]
    private static partial void LogNothing(ILogger logger);
}
