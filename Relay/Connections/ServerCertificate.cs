using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cecelia.Relay.Files;

namespace Cecelia.Relay.Connections;

/// <summary>
/// The certificate of the listener, with its key and the certificates that vouch for it, from PEM files. A reload replaces it for new connections; open ones
/// keep theirs. Safe for any thread.
/// </summary>
internal sealed class ServerCertificate
{
    /// <summary>A bundle of all public roots has 220 KB.</summary>
    private const int MaxFileBytes = 1024 * 1024;

    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly TimeProvider _time;
    private volatile SslStreamCertificateContext _context;
    private volatile CertificateFault? _fault;
    private long _failures;

    /// <param name="certificateFile">PEM file.</param>
    /// <param name="keyFile">PEM file; empty: the key is in the certificate's file.</param>
    /// <param name="time">Says when a reload failed.</param>
    /// <exception cref="Exception">As <see cref="Load"/>.</exception>
    public ServerCertificate(string certificateFile, string keyFile, TimeProvider time)
    {
        (_certificateFile, _keyFile, _time) = (certificateFile, keyFile, time);
        _context = Load(certificateFile, keyFile);
    }

    /// <summary>What a new connection uses. Stays usable after a reload, and is not to be disposed.</summary>
    public SslStreamCertificateContext Context => _context;

    /// <summary>Why the last reload failed; null when it did not.</summary>
    public CertificateFault? Fault => _fault;

    /// <summary>Reloads that failed.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Reads the files.</summary>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="CryptographicException">They are not PEM, or do not belong together.</exception>
    public static SslStreamCertificateContext Load(string certificateFile, string keyFile)
    {
        string text = Encoding.UTF8.GetString(SmallFile.Read(certificateFile, MaxFileBytes));
        X509Certificate2 certificate = X509Certificate2.CreateFromPem(text, keyFile.Length > 0 ? Encoding.UTF8.GetString(SmallFile.Read(keyFile, MaxFileBytes)) : text);
        // The call above reads the first certificate of the file alone, and a client that lacks the others cannot build the chain.
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(text);
        return SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    /// <summary>Reads the files again. False where that fails: the old certificate stays, and <see cref="Fault"/> says why.</summary>
    public bool TryReload()
    {
        try
        {
            // The one before is left to the garbage collector: handshakes may still use it.
            _context = Load(_certificateFile, _keyFile);
            _fault = null;
            return true;
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or CryptographicException or OutOfMemoryException)
        {
            _fault = new CertificateFault(_time.GetUtcNow(), unusable.Message);
            Interlocked.Increment(ref _failures);
            return false;
        }
    }
}

/// <summary>A reload that failed.</summary>
/// <param name="Since">When.</param>
/// <param name="Reason">Why, in plain words.</param>
internal sealed record CertificateFault(DateTimeOffset Since, string Reason);
