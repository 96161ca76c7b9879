using System.Globalization;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Connections;

/// <summary>
/// Reloads the certificates when their files change, and reports when they expire: the listener's, and the client certificate for Redis. Thread-safe.
/// </summary>
/// <param name="server">The listener's certificate; null without TLS.</param>
/// <param name="redis">The certificates for Redis.</param>
/// <param name="options">When an expiry is due.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Receives one line for each reload.</param>
internal sealed partial class CertificateWatch(
    ServerCertificate? server, RedisCertificates redis, ConnectionOptions options, TimeProvider time, ILogger<CertificateWatch> logger)
{
    /// <summary>
    /// Interval between reads of the files. Contents are compared: Kubernetes replaces a symbolic link of a parent folder, which file watches do not report.
    /// </summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>The listener's certificate; null without TLS.</summary>
    public ServerCertificate? Server => server;

    /// <summary>The certificates in use, with the time at which the first of their chain expires.</summary>
    public IReadOnlyList<CertificateExpiry> Expiries
    {
        get
        {
            var expiries = new List<CertificateExpiry>();
            if (server is not null) expiries.Add(new CertificateExpiry(WatchedCertificate.Server, server.NotAfter));
            if (redis.NotAfter is { } notAfter) expiries.Add(new CertificateExpiry(WatchedCertificate.RedisClient, notAfter));
            return expiries;
        }
    }

    /// <summary>Returns whether the certificate should be renewed: it expires within <see cref="ConnectionOptions.CertificateWarning"/>.</summary>
    public bool IsDue(CertificateExpiry expiry, DateTimeOffset now) => now >= expiry.NotAfter - options.CertificateWarning;

    /// <summary>Reads the files periodically until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken)) Look();
    }

    /// <summary>Reads the files once. The listener's certificate is reloaded if its files have changed and are the same as at the previous call.</summary>
    public void Look()
    {
        if (server is not null) Report(server.ReloadIfChanged(), "Changed files", server);
        redis.Refresh();
    }

    /// <summary>Reloads the listener's certificate at once, as on SIGHUP.</summary>
    public void ReloadNow()
    {
        redis.Refresh();
        if (server is null) LogNothing(logger);
        else Report(server.Reload(), "SIGHUP", server);
    }

    private void Report(CertificateReload outcome, string trigger, ServerCertificate certificate)
    {
        if (outcome == CertificateReload.Reloaded)
        {
            LogReloaded(logger, trigger, certificate.NotAfter.ToString("u", CultureInfo.InvariantCulture));
        }
        else if (outcome == CertificateReload.Failed)
        {
            LogFailed(logger, trigger, certificate.Fault?.Reason ?? "");
        }
    }
}

/// <summary>A certificate in use.</summary>
/// <param name="Certificate">Which one.</param>
/// <param name="NotAfter">The time at which the first certificate of its chain expires.</param>
internal sealed record CertificateExpiry(WatchedCertificate Certificate, DateTimeOffset NotAfter);

/// <summary>The certificates that the relay presents to others. Closed: each has one name in metrics.</summary>
internal enum WatchedCertificate
{
    /// <summary>The listener's.</summary>
    Server,

    /// <summary>The client certificate for Redis.</summary>
    RedisClient,
}

/// <summary>Names of <see cref="WatchedCertificate"/>.</summary>
internal static class WatchedCertificates
{
    public static string ToWireName(this WatchedCertificate certificate) => certificate == WatchedCertificate.Server ? "server" : "redis_client";
}
