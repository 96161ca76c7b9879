using System.Globalization;
using Cecelia.Relay.Access;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Health;

/// <summary>Checks the certificates and the keys of access control. Thread-safe.</summary>
internal sealed class SecurityChecks(CertificateWatch certificates, TimeProvider time, KeySource? keys = null)
{
    /// <summary>Returns the current result of the checks.</summary>
    public List<Check> Look()
    {
        DateTimeOffset now = time.GetUtcNow();
        var checks = new List<Check>();
        if (certificates.Server is { Fault: { } failed })
        {
            checks.Add(
                new Check(
                    "certificate",
                    CheckStatus.Warn,
                    Math.Round((now - failed.Since).TotalSeconds, 3),
                    $"the last reload failed, and the previous certificate is in use: {failed.Reason}"));
        }

        foreach (CertificateExpiry expiry in certificates.Expiries) checks.Add(CheckExpiry(expiry, now));
        if (keys is { Current: var current, Fault: var unloaded } && (current is null || unloaded is not null))
        {
            // Without keys no client can be let in. With earlier ones this is a warning: only tokens with a new key are refused.
            checks.Add(
                new Check(
                    "access_keys",
                    current is null ? CheckStatus.Fail : CheckStatus.Warn,
                    unloaded is null ? null : Math.Round((now - unloaded.Since).TotalSeconds, 3),
                    $"the keys that tokens are checked with could not be loaded: {unloaded?.Reason ?? "not requested yet"}"));
        }

        return checks;
    }

    /// <summary>
    /// Returns the check of a certificate's validity. An expired one is a warning too: connected clients are still served, and so are new ones that do not
    /// verify it, such as a proxy's.
    /// </summary>
    private Check CheckExpiry(CertificateExpiry expiry, DateTimeOffset now)
    {
        bool isServer = expiry.Certificate == WatchedCertificate.Server;
        string at = expiry.NotAfter.ToString("u", CultureInfo.InvariantCulture);
        (CheckStatus status, string reason) = now >= expiry.NotAfter
            ? (CheckStatus.Warn, $"expired at {at}: {(isServer ? "clients that verify it do not connect" : "Redis may refuse the next connection")}")
            : (certificates.IsDue(expiry, now) ? CheckStatus.Warn : CheckStatus.Ok, $"expires at {at}");
        return new Check(isServer ? "certificate_expiry" : "redis_certificate_expiry", status, null, reason);
    }
}
