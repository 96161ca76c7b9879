using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Cecelia.Relay.Access;
using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Tests.Access;

/// <summary>Issues tokens with its own code, and keeps the public keys in a file that a relay reads.</summary>
internal sealed class TokenIssuer : IDisposable
{
    public const string Issuer = "https://issuer.example";
    public const string Audience = "cecelia";

    private readonly List<JsonObject> _published = [];

    public TokenIssuer()
    {
        KeysFile = Path.Combine(Path.GetTempPath(), $"cecelia-keys-{Guid.NewGuid():n}.json");
        Publish(PublicKey("k1", Key));
    }

    public string KeysFile { get; }

    public RSA Key { get; } = RSA.Create(2048);

    public TokenOptions Options => new() { Keys = KeysFile, Issuer = Issuer, Audience = Audience, ClockSkew = TimeSpan.Zero };

    /// <summary>The key set as it is in the file.</summary>
    public string KeySet => new JsonObject { ["keys"] = new JsonArray([.. _published.Select(key => key.DeepClone())]) }.ToJsonString();

    /// <summary>Turns access control on.</summary>
    public RelayOptions Require(RelayOptions options) => options with { Tokens = Options };

    /// <summary>The claim with all lists unlimited.</summary>
    public static JsonObject Everything(string? role) => new()
    {
        ["projects"] = "*",
        ["executions"] = "*",
        ["events"] = "*",
        ["commands"] = "*",
        ["role"] = role,
        ["shared"] = true,
    };

    /// <summary>The claim limited to some projects.</summary>
    public static JsonObject OfProjects(string role, bool isShared, params string[] projects)
    {
        JsonObject claim = Everything(role);
        claim["projects"] = new JsonArray([.. projects.Select(project => (JsonNode)project)]);
        claim["shared"] = isShared;
        return claim;
    }

    /// <summary>Issues a token, valid for five minutes.</summary>
    public string Issue(JsonObject? rights, Action<JsonObject>? change = null, string user = "ada") => Sign(Claims(rights, change, user));

    /// <summary>Issues a token that is valid for the given time.</summary>
    public string IssueFor(TimeSpan life, JsonObject rights, string user = "ada") =>
        Issue(rights, claims => claims["exp"] = Math.Round((DateTimeOffset.UtcNow + life).ToUnixTimeMilliseconds() / 1000.0, 3), user);

    /// <summary>Signs claims with RS256, by default with the published key.</summary>
    public string Sign(JsonObject claims, string? kid = "k1", RSA? key = null, string algorithm = "RS256")
    {
        string text = Encode(Header(algorithm, kid)) + "." + Encode(claims);
        return text + "." + Base64Url.EncodeToString(
            (key ?? Key).SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    /// <summary>Signs any texts as a header and claims.</summary>
    public string SignText(string header, string claims)
    {
        string text = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        return text + "." + Base64Url.EncodeToString(Key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    /// <summary>Signs claims with HS256.</summary>
    public static string SignSymmetric(JsonObject claims, byte[] secret, string? kid = "k1")
    {
        string text = Encode(Header("HS256", kid)) + "." + Encode(claims);
        return text + "." + Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(text)));
    }

    /// <summary>Returns a token without a signature.</summary>
    public static string Unsigned(JsonObject claims) => Encode(Header("none", "k1")) + "." + Encode(claims) + ".";

    public static JsonObject Claims(JsonObject? rights, Action<JsonObject>? change = null, string user = "ada")
    {
        var claims = new JsonObject
        {
            ["iss"] = Issuer,
            ["aud"] = Audience,
            ["sub"] = user,
            ["exp"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 300,
            ["cecelia"] = rights,
        };
        change?.Invoke(claims);
        return claims;
    }

    /// <summary>Adds a key to the file.</summary>
    public void Publish(JsonObject key)
    {
        _published.Add(key);
        Write(KeySet);
    }

    /// <summary>Replaces the file in one step, as an operator should.</summary>
    public void Write(string content)
    {
        File.WriteAllText(KeysFile + ".new", content);
        File.Move(KeysFile + ".new", KeysFile, overwrite: true);
    }

    public static JsonObject PublicKey(string? kid, RSA key)
    {
        RSAParameters parameters = key.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["use"] = "sig",
            ["kid"] = kid,
            ["n"] = Base64Url.EncodeToString(parameters.Modulus),
            ["e"] = Base64Url.EncodeToString(parameters.Exponent),
        };
    }

    public void Dispose()
    {
        File.Delete(KeysFile);
        Key.Dispose();
    }

    private static JsonObject Header(string algorithm, string? kid)
    {
        var header = new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT" };
        if (kid is not null) header["kid"] = kid;
        return header;
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
