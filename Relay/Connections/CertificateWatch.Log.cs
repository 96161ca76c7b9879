using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Connections;

/// <summary>The log lines.</summary>
internal sealed partial class CertificateWatch
{
    [LoggerMessage(
        EventIds.CertificateReloaded,
        LogLevel.Information,
        "{Trigger}: the certificate was reloaded for new connections and is valid until {NotAfter}",
        EventName = nameof(EventIds.CertificateReloaded))]
    private static partial void LogReloaded(ILogger logger, string trigger, string notAfter);

    [LoggerMessage(
        EventIds.CertificateReloadFailed,
        LogLevel.Warning,
        "{Trigger}: the certificate could not be reloaded, and the previous one stays in use: {Reason}",
        EventName = nameof(EventIds.CertificateReloadFailed))]
    private static partial void LogFailed(ILogger logger, string trigger, string reason);

    [LoggerMessage(
        EventIds.NothingToReload,
        LogLevel.Information,
        "SIGHUP: no certificate is configured (CECELIA_TLS_CERTIFICATE), so nothing was reloaded; settings are read only at startup",
        EventName = nameof(EventIds.NothingToReload))]
    private static partial void LogNothing(ILogger logger);
}
