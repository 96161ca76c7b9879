using System.Security.Cryptography;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Hosting;

/// <summary>The relay's certificate. Without one (default) it serves plain HTTP/1.1, with one HTTPS with HTTP/1.1 and HTTP/2. Immutable.</summary>
internal sealed record TlsOptions
{
    /// <summary>PEM file with the certificate and its chain. Empty (default): no TLS.</summary>
    public string CertificateFile { get; init; } = "";

    /// <summary>PEM file with the private key. Empty (default): the key is in the certificate's file.</summary>
    public string KeyFile { get; init; } = "";

    public bool Enabled => CertificateFile.Length > 0;

    /// <summary>Returns an error message, which begins with a setting's name, if the files cannot be used; otherwise null.</summary>
    public string? FindError()
    {
        if (!Enabled) return KeyFile.Length == 0 ? null : "CECELIA_TLS_KEY requires CECELIA_TLS_CERTIFICATE";
        try
        {
            ServerCertificate.Load(CertificateFile, KeyFile);
            return null;
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"CECELIA_TLS_CERTIFICATE and CECELIA_TLS_KEY must name PEM files with a matching certificate and key: {unusable.Message}";
        }
    }
}
