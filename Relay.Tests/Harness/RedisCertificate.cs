using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>A self-signed certificate for 127.0.0.1, valid for one day, as the two PEM files that Redis reads.</summary>
internal sealed class RedisCertificate
{
    public const string CertificateFile = "redis.crt";
    public const string KeyFile = "redis.key";

    private readonly byte[] _raw;

    private RedisCertificate(byte[] raw, string certificate, string key) =>
        (_raw, Certificate, Key) = (raw, Encoding.UTF8.GetBytes(certificate), Encoding.UTF8.GetBytes(key));

    public byte[] Certificate { get; }

    public byte[] Key { get; }

    public static RedisCertificate Create()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddHours(24));
        return new RedisCertificate(certificate.GetRawCertData(), certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public bool Equals(X509Certificate other) => other.GetRawCertData().AsSpan().SequenceEqual(_raw);
}
