using System.Security.Cryptography;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Hosting;

/// <summary>The relay's own certificate. With none (default) it speaks plain HTTP/1.1; with one, HTTPS with HTTP/1.1 and HTTP/2. Immutable.</summary>
internal sealed record TlsOptions
{
    /// <summary>PEM file with the certificate and those that vouch for it. Empty (default): no TLS.</summary>
    public string CertificateFile { get; init; } = "";

    /// <summary>PEM file with the private key. Empty: it is in the certificate's file.</summary>
    public string KeyFile { get; init; } = "";

    public bool Enabled => CertificateFile.Length > 0;

    /// <summary>What keeps the files from being used, as a sentence that begins with a setting's name; null when nothing does.</summary>
    public string? FindMistake()
    {
        if (!Enabled) return KeyFile.Length == 0 ? null : "CECELIA_TLS_KEY needs CECELIA_TLS_CERTIFICATE beside it";
        try
        {
            ServerCertificate.Load(CertificateFile, KeyFile);
            return null;
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"CECELIA_TLS_CERTIFICATE and CECELIA_TLS_KEY must name PEM files that belong together: {unusable.Message}";
        }
    }
}
