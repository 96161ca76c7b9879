using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cecelia.Relay.Redis;

/// <summary>
/// The certificates of a <c>rediss://</c> URL, from the PEM files that its query names: <c>ca</c>, the only roots that may vouch for the server; <c>cert</c> and
/// <c>key</c>, what the relay shows of itself. The files are read once. Immutable; never disposed, as it lives as long as the URL.
/// </summary>
internal sealed record RedisCertificates
{
    private const string Names = "ca=FILE, cert=FILE and key=FILE";

    private RedisCertificates(string query, X509Certificate2Collection? roots, SslStreamCertificateContext? own) => (Query, Roots, Own) = (query, roots, own);

    /// <summary>Without a query: the system's roots, and no certificate of the relay's own.</summary>
    public static RedisCertificates None { get; } = new("", null, null);

    /// <summary>The query with its question mark, fit to be shown; empty when there is none.</summary>
    public string Query { get; }

    /// <summary>Null: the system's roots.</summary>
    public X509Certificate2Collection? Roots { get; }

    /// <summary>Null: the relay shows none.</summary>
    public SslStreamCertificateContext? Own { get; }

    /// <summary>Reads <c>ca=FILE&amp;cert=FILE&amp;key=FILE</c>, of which each may be missing, values percent-encoded. Without <c>key</c> the key is in the file of <c>cert</c>.</summary>
    /// <param name="query">Without its question mark.</param>
    /// <param name="tls">Whether the URL is one for TLS.</param>
    /// <param name="certificates">What was read.</param>
    /// <param name="error">Completes a sentence that begins with the setting's name, and quotes nothing but the file names.</param>
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

        if (!TryLoad(files.GetValueOrDefault("ca"), LoadRoots, out X509Certificate2Collection? roots, out error)) return false;
        if (!TryLoad(files.GetValueOrDefault("cert"), file => LoadOwn(file, files.GetValueOrDefault("key")), out SslStreamCertificateContext? own, out error)) return false;
        certificates = new RedisCertificates("?" + query, roots, own);
        return true;
    }

    /// <summary>What judges the server's certificate; null: the system's own rules. Revocation is not looked up, as by default.</summary>
    public X509ChainPolicy? ToChainPolicy()
    {
        if (Roots is null) return null;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(Roots);
        return policy;
    }

    /// <summary>The URL's text shows which files; the certificates themselves have no words.</summary>
    public override string ToString() => Query;

    private static bool TryLoad<T>(string? file, Func<string, T> load, out T? loaded, [NotNullWhen(false)] out string? error)
        where T : class
    {
        (loaded, error) = (null, null);
        if (file is null) return true;
        try
        {
            loaded = load(file);
            return true;
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            error = $"names the PEM file {file}, which cannot be used: {unusable.Message}";
            return false;
        }
    }

    private static X509Certificate2Collection LoadRoots(string file)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(file);
        return roots.Count > 0 ? roots : throw new CryptographicException("it has no certificate");
    }

    private static SslStreamCertificateContext LoadOwn(string file, string? key)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(file);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(file, key), chain, offline: true);
    }
}
