using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Cecelia.Relay.Files;

/// <summary>Reads properties of a certificate with its chain. Stateless; any thread.</summary>
internal static class CertificateChain
{
    /// <summary>Returns when the first certificate of the chain expires: from then on, peers that verify it refuse the whole chain.</summary>
    public static DateTimeOffset NotAfter(SslStreamCertificateContext context)
    {
        DateTimeOffset earliest = context.TargetCertificate.NotAfter;
        foreach (X509Certificate2 intermediate in context.IntermediateCertificates)
        {
            if (intermediate.NotAfter < earliest) earliest = intermediate.NotAfter;
        }

        return earliest.ToUniversalTime();
    }
}
