using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cecelia.Relay.Files;

namespace Cecelia.Relay.Connections;

/// <summary>
/// The certificate of the listener, with its key and the intermediate certificates, from PEM files. A reload replaces it for new connections; open connections
/// keep theirs. Thread-safe.
/// </summary>
internal sealed class ServerCertificate
{
    /// <summary>Maximum size of a file, in bytes. A bundle of all public roots has 220 KB.</summary>
    private const int MaxFileBytes = 1024 * 1024;

    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly TimeProvider _time;
    private volatile SslStreamCertificateContext _context;
    private volatile CertificateFault? _fault;
    private long _failures;

    /// <param name="certificateFile">PEM file.</param>
    /// <param name="keyFile">PEM file; empty if the key is in the certificate's file.</param>
    /// <param name="time">The clock for the time of a failed reload.</param>
    /// <exception cref="Exception">As <see cref="Load"/>.</exception>
    public ServerCertificate(string certificateFile, string keyFile, TimeProvider time)
    {
        (_certificateFile, _keyFile, _time) = (certificateFile, keyFile, time);
        _context = Load(certificateFile, keyFile);
    }

    /// <summary>The context for new connections. It remains usable after a reload and must not be disposed.</summary>
    public SslStreamCertificateContext Context => _context;

    /// <summary>The failure of the last reload; null if it succeeded.</summary>
    public CertificateFault? Fault => _fault;

    /// <summary>Number of failed reloads.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Reads the files.</summary>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">There is no permission to read a file.</exception>
    /// <exception cref="CryptographicException">The files are not PEM, or do not match.</exception>
    public static SslStreamCertificateContext Load(string certificateFile, string keyFile)
    {
        string text = Encoding.UTF8.GetString(SmallFile.Read(certificateFile, MaxFileBytes));
        X509Certificate2 certificate = X509Certificate2.CreateFromPem(
            text, keyFile.Length > 0 ? Encoding.UTF8.GetString(SmallFile.Read(keyFile, MaxFileBytes)) : text);
        // The call above reads only the first certificate of the file. A client without the others cannot build the chain.
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(text);
        return SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    /// <summary>Reads the files again. Returns false if that fails: the previous certificate remains in use, and <see cref="Fault"/> has the reason.</summary>
    public bool TryReload()
    {
        try
        {
            // The previous context is left to the garbage collector, because handshakes may still use it.
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
/// <param name="Since">The time of the failure.</param>
/// <param name="Reason">The reason, for people.</param>
internal sealed record CertificateFault(DateTimeOffset Since, string Reason);
