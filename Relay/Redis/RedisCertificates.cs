using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cecelia.Relay.Files;

namespace Cecelia.Relay.Redis;

/// <summary>
/// The certificates of a <c>rediss://</c> URL, from PEM files: the only trusted roots for the server's certificate, and the client certificate of the relay
/// with its key. The files are read for each connection, so that renewed ones are used from the next connection on. If they cannot be used, the previous ones
/// remain in use. Thread-safe. Never disposed, since it lives as long as the URL.
/// </summary>
internal sealed class RedisCertificates
{
    private const string Names = "ca=FILE, cert=FILE and key=FILE";

    /// <summary>Maximum file size. A bundle of all public roots has 220 KB.</summary>
    private const int MaxFileBytes = 1024 * 1024;

    private readonly string _rootsFile;
    private readonly string _ownFile;
    private readonly string _keyFile;
    private volatile Content _content;
    private volatile string? _fault;

    private RedisCertificates(string rootsFile, string ownFile, string keyFile, string query)
    {
        (_rootsFile, _ownFile, _keyFile, Query) = (rootsFile, ownFile, keyFile, query);
        _content = Load(previous: null);
    }

    /// <summary>No files: the roots of the system, and no client certificate.</summary>
    public static RedisCertificates None { get; } = new("", "", "", "");

    /// <summary>The query of the URL with its question mark, without secrets; empty when there is none.</summary>
    public string Query { get; }

    /// <summary>Why the files could not be read again for the last connection, so that older certificates were used; null when they were read.</summary>
    public string? Fault => _fault;

    /// <summary>The time at which the first certificate of the client certificate's chain expires; null without one.</summary>
    public DateTimeOffset? NotAfter => _content.Own is { } own ? CertificateChain.NotAfter(own) : null;

    /// <summary>
    /// Reads <c>ca=FILE&amp;cert=FILE&amp;key=FILE</c>, each of which may be missing, with percent-encoded values. Without <c>key</c> the key is in the file
    /// of <c>cert</c>.
    /// </summary>
    /// <param name="query">The query without its question mark.</param>
    /// <param name="tls">True when the URL is one for TLS.</param>
    /// <param name="certificates">The certificates.</param>
    /// <param name="error">An error message that follows the name of the setting and quotes nothing but file names.</param>
    public static bool TryRead(string query, bool tls, [NotNullWhen(true)] out RedisCertificates? certificates, [NotNullWhen(false)] out string? error)
    {
        (certificates, error) = (null, null);
        if (!tls)
        {
            error = $"has a query; only rediss:// takes one, with {Names}";
            return false;
        }

        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in query.Split('&'))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? "" : pair[..equals];
            string file = Uri.UnescapeDataString(pair[(equals + 1)..]);
            if (name is "ca" or "cert" or "key" && file.Length > 0 && files.TryAdd(name, file)) continue;
            error = $"has a query with something else than {Names}, each once";
            return false;
        }

        if (files.ContainsKey("key") && !files.ContainsKey("cert"))
        {
            error = "names a key without a certificate (cert=FILE)";
            return false;
        }

        return TryLoad(
            files.GetValueOrDefault("ca", ""),
            files.GetValueOrDefault("cert", ""),
            files.GetValueOrDefault("key", ""),
            "?" + query,
            out certificates,
            out _,
            out error);
    }

    /// <summary>
    /// Loads PEM files that are named separately from the URL. Each name may be empty; that of the key only when the key is in the certificate's file.
    /// </summary>
    /// <param name="rootsFile">The only trusted roots for the server's certificate; empty for those of the system.</param>
    /// <param name="ownFile">The client certificate and its chain; empty for none.</param>
    /// <param name="keyFile">The key of <paramref name="ownFile"/>; empty when it is in the same file.</param>
    /// <param name="certificates">The certificates.</param>
    /// <param name="unusable">The name of the file that cannot be used.</param>
    /// <param name="error">An error message that follows the name of the setting and quotes nothing but the name of <paramref name="unusable"/>.</param>
    public static bool TryLoad(
        string rootsFile, string ownFile, string keyFile, [NotNullWhen(true)] out RedisCertificates? certificates,
        [NotNullWhen(false)] out string? unusable, [NotNullWhen(false)] out string? error) =>
        TryLoad(rootsFile, ownFile, keyFile, "", out certificates, out unusable, out error);

    /// <summary>
    /// Reads the files again and returns, for one connection, the validation of the server's certificate, null for that of the system, and the client
    /// certificate, null for none. Revocation is not checked, which is the default.
    /// </summary>
    public (X509ChainPolicy? Policy, SslStreamCertificateContext? Own) ForConnection()
    {
        Refresh();
        Content content = _content;
        if (content.Roots is null) return (null, content.Own);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(content.Roots);
        return (policy, content.Own);
    }

    /// <summary>Reads the files again. If they cannot be used, the previous certificates remain in use, and <see cref="Fault"/> has the reason.</summary>
    public void Refresh()
    {
        try
        {
            _content = Load(_content);
            _fault = null;
        }
        catch (UnusableFileException unusable)
        {
            // The renewal is half done or has failed: the connection is attempted with the certificates that were valid before.
            _fault = unusable.Message;
        }
    }

    /// <summary>Returns nothing: the text of the URL shows the files already.</summary>
    public override string ToString() => Query;

    private static bool TryLoad(
        string rootsFile,
        string ownFile,
        string keyFile,
        string query,
        [NotNullWhen(true)] out RedisCertificates? certificates,
        [NotNullWhen(false)] out string? unusable,
        [NotNullWhen(false)] out string? error)
    {
        (certificates, unusable, error) = (null, null, null);
        try
        {
            certificates = new RedisCertificates(rootsFile, ownFile, keyFile, query);
            return true;
        }
        catch (UnusableFileException fault)
        {
            (unusable, error) = (fault.File, fault.Message);
            return false;
        }
    }

    /// <summary>Reads the files. Returns <paramref name="previous"/> itself when they have not changed.</summary>
    /// <exception cref="UnusableFileException">A file cannot be used.</exception>
    private Content Load(Content? previous)
    {
        byte[] roots = Read(_rootsFile);
        byte[] own = Read(_ownFile);
        byte[] key = Read(_keyFile);
        byte[] hash = [.. SHA256.HashData(roots), .. SHA256.HashData(own), .. SHA256.HashData(key)];
        if (previous is not null && hash.AsSpan().SequenceEqual(previous.Hash)) return previous;

        // The previous certificates are left to the garbage collector, since handshakes may still use them.
        return new Content(
            hash,
            _rootsFile.Length == 0 ? null : Use(_rootsFile, () => ToRoots(Encoding.UTF8.GetString(roots))),
            _ownFile.Length == 0 ? null : Use(_ownFile, () => ToOwn(Encoding.UTF8.GetString(own), Encoding.UTF8.GetString(_keyFile.Length > 0 ? key : own))));
    }

    private static byte[] Read(string file)
    {
        if (file.Length == 0) return [];
        return Use(file, () => SmallFile.Read(file, MaxFileBytes));
    }

    private static T Use<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception unusable) when (
            unusable is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException or OutOfMemoryException)
        {
            throw new UnusableFileException(file, unusable.Message);
        }
    }

    private static X509Certificate2Collection ToRoots(string text)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(text);
        return roots.Count > 0 ? roots : throw new CryptographicException("it has no certificate");
    }

    private static SslStreamCertificateContext ToOwn(string text, string key)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(text);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(text, key), chain, offline: true);
    }

    /// <summary>The contents of the files at one time.</summary>
    /// <param name="Hash">The hash of the files.</param>
    /// <param name="Roots">The trusted roots; null for those of the system.</param>
    /// <param name="Own">The client certificate; null for none.</param>
    private sealed record Content(byte[] Hash, X509Certificate2Collection? Roots, SslStreamCertificateContext? Own);

    private sealed class UnusableFileException(string file, string why) : Exception($"names the PEM file {file}, which cannot be used: {why}")
    {
        public string File => file;
    }
}
