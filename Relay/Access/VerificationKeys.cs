using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Cecelia.Relay.Access;

/// <summary>
/// The keys that tokens are checked with, from a JSON Web Key Set (RFC 7517) or PEM. Each key is only for the algorithms of its type, so that a public key is
/// never used as the secret of an HMAC. Immutable.
/// </summary>
internal sealed class VerificationKeys
{
    /// <summary>Maximum number of keys.</summary>
    private const int MaxKeys = 64;

    /// <summary>Maximum number of keys that one token is tried with.</summary>
    private const int MaxCandidates = 8;

    private const int MinRsaBits = 2048;

    private readonly List<VerificationKey> _keys;

    private VerificationKeys(List<VerificationKey> keys) => _keys = keys;

    public int Count => _keys.Count;

    /// <summary>Reads the keys, and ignores those of unknown types and for other uses.</summary>
    /// <param name="content">A key set, or PEM.</param>
    /// <param name="isSecret">False if others can read the content, so that symmetric keys are not accepted.</param>
    /// <exception cref="FormatException">No usable key, or a private key. The message completes a sentence.</exception>
    public static VerificationKeys Parse(ReadOnlySpan<byte> content, bool isSecret)
    {
        List<VerificationKey> keys;
        try
        {
            keys = content.TrimStart(" \t\r\n\uFEFF"u8) is [(byte)'{', ..] ? ParseSet(content, isSecret) : ParsePem(Encoding.UTF8.GetString(content));
        }
        catch (Exception invalid) when (invalid is JsonException or CryptographicException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException($"a key cannot be read ({invalid.GetType().Name})");
        }

        return keys.Count switch
        {
            0 => throw new FormatException(isSecret ? "it has no key for signatures" : "it has no public key for signatures"),
            > MaxKeys => throw new FormatException($"it has more than {MaxKeys} keys"),
            _ => new VerificationKeys(keys),
        };
    }

    /// <summary>Returns the keys that may have signed a token.</summary>
    /// <param name="id">The token's <c>kid</c>; null or empty if it has none.</param>
    /// <param name="algorithm">The token's <c>alg</c>.</param>
    /// <param name="isKnown">Whether a key has this id, whatever its algorithms, or may have it because it has none.</param>
    public IReadOnlyList<SecurityKey> Find(string? id, string algorithm, out bool isKnown)
    {
        List<VerificationKey> named = string.IsNullOrEmpty(id) ? _keys : _keys.FindAll(key => key.Id is null || key.Id == id);
        isKnown = named.Count > 0;
        return [.. named.Where(key => key.Algorithms.Contains(algorithm)).Take(MaxCandidates).Select(key => key.Key)];
    }

    private static List<VerificationKey> ParseSet(ReadOnlySpan<byte> content, bool isSecret)
    {
        using var document = JsonDocument.Parse(content.ToArray());
        var keys = new List<VerificationKey>();
        JsonElement set = document.RootElement;
        IEnumerable<JsonElement> all = set.TryGetProperty("keys", out JsonElement list) ? list.EnumerateArray() : [set];
        foreach (JsonElement jwk in all)
        {
            if (Text(jwk, "use") is { } use && use != "sig") continue;
            if (jwk.TryGetProperty("d", out _)) throw new FormatException("it has a private key; keep that with the issuer, and give the relay the public key");
            (SecurityKey Key, string[] Algorithms)? read = Text(jwk, "kty") switch
            {
                "RSA" => Rsa(RSA.Create(new RSAParameters { Modulus = Bytes(jwk, "n"), Exponent = Bytes(jwk, "e") })),
                "EC" => Curve(Text(jwk, "crv")) is { } curve
                    ? Ec(ECDsa.Create(new ECParameters { Curve = curve, Q = { X = Bytes(jwk, "x"), Y = Bytes(jwk, "y") } }))
                    : null,
                "oct" when isSecret => Symmetric(Bytes(jwk, "k")),
                _ => null,
            };
            if (read is not { } key) continue;
            string[] algorithms = Text(jwk, "alg") is { } only ? [.. key.Algorithms.Where(name => name == only)] : key.Algorithms;
            if (algorithms.Length > 0) keys.Add(new VerificationKey(Text(jwk, "kid"), key.Key, algorithms));
        }

        return keys;
    }

    private static List<VerificationKey> ParsePem(string text)
    {
        var keys = new List<VerificationKey>();
        ReadOnlySpan<char> rest = text;
        while (PemEncoding.TryFind(rest, out PemFields fields))
        {
            ReadOnlySpan<char> label = rest[fields.Label];
            if (label.EndsWith("PRIVATE KEY")) throw new FormatException("it has a private key; keep that with the issuer, and give the relay the public key");
            string block = rest[fields.Location].ToString();
            (SecurityKey Key, string[] Algorithms)? read = label switch
            {
                "PUBLIC KEY" or "RSA PUBLIC KEY" => FromPem(block),
                "CERTIFICATE" => FromCertificate(block),
                _ => null,
            };
            if (read is { } key) keys.Add(new VerificationKey(null, key.Key, key.Algorithms));
            rest = rest[fields.Location.End..];
        }

        return keys;
    }

    private static (SecurityKey Key, string[] Algorithms) FromPem(string block)
    {
        try
        {
            var rsa = RSA.Create();
            rsa.ImportFromPem(block);
            return Rsa(rsa);
        }
        catch (Exception other) when (other is CryptographicException or ArgumentException)
        {
            var ec = ECDsa.Create();
            ec.ImportFromPem(block);
            return Ec(ec);
        }
    }

    private static (SecurityKey Key, string[] Algorithms)? FromCertificate(string block)
    {
        using var certificate = X509Certificate2.CreateFromPem(block);
        if (certificate.GetRSAPublicKey() is { } rsa) return Rsa(rsa);
        return certificate.GetECDsaPublicKey() is { } ec ? Ec(ec) : null;
    }

    private static (SecurityKey Key, string[] Algorithms) Rsa(RSA key) => key.KeySize >= MinRsaBits
        ? (new RsaSecurityKey(key), ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
        : throw new FormatException($"it has an RSA key of less than {MinRsaBits} bits");

    private static (SecurityKey Key, string[] Algorithms) Ec(ECDsa key) => (new ECDsaSecurityKey(key), key.KeySize switch
    {
        256 => ["ES256"],
        384 => ["ES384"],
        521 => ["ES512"],
        _ => [],
    });

    /// <summary>A secret must be as long as the hash (RFC 7518 §3.2).</summary>
    private static (SecurityKey Key, string[] Algorithms) Symmetric(byte[] key) => key.Length >= 32
        ? (new SymmetricSecurityKey(key), key.Length >= 64 ? ["HS256", "HS384", "HS512"] : key.Length >= 48 ? ["HS256", "HS384"] : ["HS256"])
        : throw new FormatException("it has a symmetric key of less than 32 bytes");

    private static ECCurve? Curve(string? name) => name switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-384" => ECCurve.NamedCurves.nistP384,
        "P-521" => ECCurve.NamedCurves.nistP521,
        _ => null,
    };

    private static string? Text(JsonElement jwk, string name) => jwk.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static byte[] Bytes(JsonElement jwk, string name)
    {
        try
        {
            return Base64Url.DecodeFromChars(jwk.GetProperty(name).GetString());
        }
        catch (FormatException)
        {
            throw new FormatException($"the member {name} of a key is not base64url");
        }
    }
}

/// <summary>One key and the algorithms that it is for.</summary>
/// <param name="Id">Its <c>kid</c>; null if it has none.</param>
/// <param name="Key">The key.</param>
/// <param name="Algorithms">The algorithms of its type, or the one that the key set names.</param>
internal sealed record VerificationKey(string? Id, SecurityKey Key, IReadOnlyList<string> Algorithms);
