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

    private readonly Lock _reloading = new();
    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly TimeProvider _time;
    private volatile SslStreamCertificateContext _context;
    private volatile CertificateFault? _fault;
    private long _failures;

    /// <summary>Hash of the files at the last attempt to use them; empty if they could not be read, null if they must be tried again.</summary>
    private byte[]? _tried;

    /// <summary>Hash of the files at the last call of <see cref="ReloadIfChanged"/>; empty if they could not be read.</summary>
    private byte[] _seen;

    /// <param name="certificateFile">PEM file.</param>
    /// <param name="keyFile">PEM file; empty if the key is in the certificate's file.</param>
    /// <param name="time">The clock for the time of a failed reload.</param>
    /// <exception cref="Exception">As <see cref="Load"/>.</exception>
    public ServerCertificate(string certificateFile, string keyFile, TimeProvider time)
    {
        (_certificateFile, _keyFile, _time) = (certificateFile, keyFile, time);
        Pem pem = Pem.Read(certificateFile, keyFile);
        _context = pem.ToContext();
        _tried = _seen = pem.Hash;
    }

    /// <summary>The context for new connections. It remains usable after a reload and must not be disposed.</summary>
    public SslStreamCertificateContext Context => _context;

    /// <summary>The time at which the first certificate of the chain expires.</summary>
    public DateTimeOffset NotAfter => CertificateChain.NotAfter(_context);

    /// <summary>The failure of the last reload; null if it succeeded.</summary>
    public CertificateFault? Fault => _fault;

    /// <summary>Number of failed reloads.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Reads the files.</summary>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">There is no permission to read a file.</exception>
    /// <exception cref="CryptographicException">The files are not PEM, or do not match.</exception>
    public static SslStreamCertificateContext Load(string certificateFile, string keyFile) => Pem.Read(certificateFile, keyFile).ToContext();

    /// <summary>Reads the files again. If that fails, the previous certificate remains in use, and <see cref="Fault"/> has the reason.</summary>
    public CertificateReload Reload()
    {
        lock (_reloading) return Use(Look(out Exception? unreadable), unreadable);
    }

    /// <summary>
    /// As <see cref="Reload"/>, if the files are not those of the last attempt, and have not changed since the previous call: while they are being replaced,
    /// the certificate and the key do not match. For periodic calls.
    /// </summary>
    public CertificateReload ReloadIfChanged()
    {
        lock (_reloading)
        {
            Pem? pem = Look(out Exception? unreadable);
            byte[] hash = pem?.Hash ?? [];
            bool isSettled = hash.AsSpan().SequenceEqual(_seen);
            _seen = hash;
            if (!isSettled || (_tried is not null && hash.AsSpan().SequenceEqual(_tried))) return CertificateReload.Unchanged;
            return Use(pem, unreadable);
        }
    }

    private static bool IsUnusable(Exception fault) => fault is IOException or UnauthorizedAccessException or CryptographicException or OutOfMemoryException;

    private Pem? Look(out Exception? unreadable)
    {
        unreadable = null;
        try
        {
            return Pem.Read(_certificateFile, _keyFile);
        }
        catch (Exception fault) when (IsUnusable(fault))
        {
            unreadable = fault;
            return null;
        }
    }

    private CertificateReload Use(Pem? pem, Exception? unreadable)
    {
        Exception? fault = unreadable;
        try
        {
            // The previous context is left to the garbage collector, because handshakes may still use it.
            if (pem is not null) _context = pem.ToContext();
        }
        catch (Exception unusable) when (IsUnusable(unusable))
        {
            fault = unusable;
        }

        // A shortage of memory says nothing about the files: they are tried again at the next call.
        _tried = fault is OutOfMemoryException ? null : pem?.Hash ?? [];
        _fault = fault is null ? null : new CertificateFault(_time.GetUtcNow(), fault.Message);
        if (fault is null) return CertificateReload.Reloaded;
        Interlocked.Increment(ref _failures);
        return CertificateReload.Failed;
    }

    /// <summary>The contents of the files at one time.</summary>
    private sealed record Pem(string Certificates, string Key, byte[] Hash)
    {
        public static Pem Read(string certificateFile, string keyFile)
        {
            byte[] certificates = SmallFile.Read(certificateFile, MaxFileBytes);
            byte[] key = keyFile.Length > 0 ? SmallFile.Read(keyFile, MaxFileBytes) : certificates;
            return new Pem(
                Encoding.UTF8.GetString(certificates), Encoding.UTF8.GetString(key), [.. SHA256.HashData(certificates), .. SHA256.HashData(key)]);
        }

        public SslStreamCertificateContext ToContext()
        {
            X509Certificate2 certificate = X509Certificate2.CreateFromPem(Certificates, Key);
            // The call above reads only the first certificate of the file. A client without the others cannot build the chain.
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(Certificates);
            return SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
    }
}

/// <summary>The outcome of a reload.</summary>
internal enum CertificateReload
{
    /// <summary>The files have not changed, or are changing: nothing was tried.</summary>
    Unchanged,

    /// <summary>The files are in use for new connections.</summary>
    Reloaded,

    /// <summary>The files cannot be used, and the previous certificate remains in use.</summary>
    Failed,
}

/// <summary>A reload that failed.</summary>
/// <param name="Since">The time of the failure.</param>
/// <param name="Reason">The reason, for people.</param>
internal sealed record CertificateFault(DateTimeOffset Since, string Reason);
