using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cecelia.Relay.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cecelia.Relay.Tests.Access;

/// <summary>The keys that tokens are checked with: from a file or URL, their rotation and their loss.</summary>
public sealed class KeySourceTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Without_keys_clients_get_503_and_with_them_access()
    {
        using var issuer = new TokenIssuer();
        await using var server = new KeyServer(() => null);
        await using RunningRelay relay = await StartAsync(server, issuer, untilReady: false);
        string token = issuer.Issue(TokenIssuer.Everything("read"));
        await Eventually.TrueAsync(async () => (await relay.AskAsync("/readyz")).Body.Contains("access_keys", StringComparison.Ordinal));

        RawResponse without = await relay.AskAsync("/api/v1/state", token);
        RawResponse ready = await relay.AskAsync("/readyz");
        server.Respond = () => issuer.KeySet;

        Assert.Equal((503, "keys_unavailable"), (without.Status, without.Error()));
        Assert.True(without.Headers.ContainsKey("Retry-After"));
        Assert.Equal(503, ready.Status);
        await Eventually.TrueAsync(async () => (await relay.AskAsync("/api/v1/state", token)).Status == 200);
    }

    [Fact]
    public async Task Cached_keys_stay_in_use_while_the_URL_fails()
    {
        using var issuer = new TokenIssuer();
        await using var server = new KeyServer(() => issuer.KeySet);
        await using RunningRelay relay = await StartAsync(server, issuer);
        server.Respond = () => null;
        long failures = relay.Get<KeySource>().Failures;

        // An unknown key makes the relay ask, in vain.
        RawResponse unknown = await relay.AskAsync("/api/v1/state", issuer.Sign(TokenIssuer.Claims(TokenIssuer.Everything("read")), kid: "k2"));

        Assert.Equal("token_key", unknown.Error());
        Assert.True(relay.Get<KeySource>().Failures > failures);
        Assert.Equal(200, (await relay.AskAsync("/api/v1/state", issuer.Issue(TokenIssuer.Everything("read")))).Status);
        RawResponse ready = await relay.AskAsync("/readyz", issuer.Issue(TokenIssuer.Everything("admin")));
        Assert.Equal(200, ready.Status);
        Assert.Contains("\"access_keys\",\"status\":\"warn\"", ready.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_key_is_loaded_for_the_first_token_that_names_it()
    {
        using var issuer = new TokenIssuer();
        using var next = RSA.Create(2048);
        await using var server = new KeyServer(() => issuer.KeySet);
        await using RunningRelay relay = await StartAsync(server, issuer);
        issuer.Publish(TokenIssuer.PublicKey("k2", next));

        RawResponse first = await relay.AskAsync("/api/v1/state", issuer.Sign(TokenIssuer.Claims(TokenIssuer.Everything("read")), "k2", next));

        Assert.Equal(200, first.Status);
    }

    [Fact]
    public async Task Unknown_keys_cause_requests_at_a_limited_rate()
    {
        using var issuer = new TokenIssuer();
        await using var server = new KeyServer(() => issuer.KeySet);
        await using RunningRelay relay = await StartAsync(server, issuer);
        int before = server.Requests;

        for (int i = 0; i < 20; i++)
        {
            RawResponse refused = await relay.AskAsync("/api/v1/state", issuer.Sign(TokenIssuer.Claims(TokenIssuer.Everything("read")), $"unknown-{i}"));
            Assert.Equal("token_key", refused.Error());
        }

        // One each hour here.
        Assert.InRange(server.Requests - before, 0, 1);
    }

    [Fact]
    public async Task Changed_file_is_loaded_and_an_unreadable_one_is_not()
    {
        using var issuer = new TokenIssuer();
        using var next = RSA.Create(2048);
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, issuer.Require);
        string old = issuer.Issue(TokenIssuer.Everything("read"));
        string token = issuer.Sign(TokenIssuer.Claims(TokenIssuer.Everything("read")), "k2", next);

        issuer.Write("{");
        await Eventually.TrueAsync(() => relay.Get<KeySource>().Fault is not null);
        Assert.Equal(200, (await relay.AskAsync("/api/v1/state", old)).Status);
        issuer.Write(new JsonObject { ["keys"] = new JsonArray(TokenIssuer.PublicKey("k2", next)) }.ToJsonString());

        await Eventually.TrueAsync(async () => (await relay.AskAsync("/api/v1/state", token)).Status == 200);
        Assert.Equal("token_key", (await relay.AskAsync("/api/v1/state", old)).Error());
    }

    [Fact]
    public void Key_is_only_for_the_algorithms_of_its_type()
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        ECPoint point = ec.ExportParameters(false).Q;
        var set = new JsonObject
        {
            ["keys"] = new JsonArray(
                TokenIssuer.PublicKey("rsa", rsa),
                new JsonObject { ["kty"] = "EC", ["kid"] = "ec", ["crv"] = "P-256", ["x"] = Text(point.X!), ["y"] = Text(point.Y!) },
                new JsonObject { ["kty"] = "oct", ["kid"] = "oct", ["k"] = Text(new byte[32]) },
                new JsonObject { ["kty"] = "OKP", ["kid"] = "okp", ["crv"] = "Ed25519", ["x"] = Text(new byte[32]) },
                Change(TokenIssuer.PublicKey("one", rsa), "alg", "PS256"),
                Change(TokenIssuer.PublicKey("enc", rsa), "use", "enc")),
        };
        var keys = VerificationKeys.Parse(Encoding.UTF8.GetBytes(set.ToJsonString()), isSecret: true);

        string[] all = ["none", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "HS256", "HS384", "HS512"];
        string[] Of(string kid) => [.. all.Where(algorithm => keys.Find(kid, algorithm, out _).Count > 0)];

        Assert.Equal(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"], Of("rsa"));
        Assert.Equal(["ES256"], Of("ec"));
        Assert.Equal(["HS256"], Of("oct"));
        Assert.Equal(["PS256"], Of("one"));
        Assert.Empty(Of("okp"));
        Assert.Empty(Of("enc"));
        Assert.False(Find(keys, "enc"));
        // A key set that everyone can read has no secrets.
        Assert.False(Find(VerificationKeys.Parse(Encoding.UTF8.GetBytes(set.ToJsonString()), isSecret: false), "oct"));
    }

    [Theory]
    [InlineData("ES256", "P-256")]
    [InlineData("ES384", "P-384")]
    public async Task Token_with_an_elliptic_curve_is_accepted(string algorithm, string curve)
    {
        using var issuer = new TokenIssuer();
        using var ec = ECDsa.Create(curve == "P-256" ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384);
        ECPoint point = ec.ExportParameters(false).Q;
        issuer.Publish(new JsonObject { ["kty"] = "EC", ["kid"] = "e1", ["crv"] = curve, ["x"] = Text(point.X!), ["y"] = Text(point.Y!) });
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, issuer.Require);
        string text = Text(Encoding.UTF8.GetBytes($$"""{"alg":"{{algorithm}}","kid":"e1"}""")) + "."
            + Text(Encoding.UTF8.GetBytes(TokenIssuer.Claims(TokenIssuer.Everything("read")).ToJsonString()));
        byte[] signature = ec.SignData(Encoding.ASCII.GetBytes(text), algorithm == "ES256" ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA384);

        Assert.Equal(200, (await relay.AskAsync("/api/v1/state", $"{text}.{Text(signature)}")).Status);
        signature[5] ^= 1;
        Assert.Equal("token_signature", (await relay.AskAsync("/api/v1/state", $"{text}.{Text(signature)}")).Error());
    }

    [Fact]
    public async Task Pem_and_tokens_without_kid_are_accepted_and_issuer_and_list_of_audiences_too()
    {
        using var issuer = new TokenIssuer();
        issuer.Write(PemEncoding.WriteString("PUBLIC KEY", issuer.Key.ExportSubjectPublicKeyInfo()));
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, options => options with { Tokens = issuer.Options with { Issuer = "" } });
        JsonObject claims = TokenIssuer.Claims(TokenIssuer.Everything("read"), all => (all["aud"], all["iss"]) = (new JsonArray("other", "cecelia"), "any"));

        Assert.Equal(200, (await relay.AskAsync("/api/v1/state", issuer.Sign(claims, kid: null))).Status);
        Assert.Equal(200, (await relay.AskAsync("/api/v1/state", issuer.Sign(claims, kid: "any"))).Status);
    }

    [Fact]
    public async Task Symmetric_secret_in_a_file_is_accepted()
    {
        using var issuer = new TokenIssuer();
        byte[] secret = RandomNumberGenerator.GetBytes(32);
        issuer.Write(new JsonObject { ["keys"] = new JsonArray(new JsonObject { ["kty"] = "oct", ["k"] = Text(secret) }) }.ToJsonString());
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, issuer.Require);
        JsonObject claims = TokenIssuer.Claims(TokenIssuer.Everything("read"));

        Assert.Equal(200, (await relay.AskAsync("/api/v1/state", TokenIssuer.SignSymmetric(claims, secret))).Status);
        Assert.Equal("token_signature", (await relay.AskAsync("/api/v1/state", TokenIssuer.SignSymmetric(claims, new byte[32]))).Error());
    }

    [Theory]
    [InlineData("{\"keys\":[]}", "no key")]
    [InlineData("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}", "less than 2048 bits")]
    [InlineData("{\"keys\":[{\"kty\":\"RSA\",\"d\":\"AQAB\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}", "private key")]
    [InlineData("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AQAB\"}]}", "less than 32 bytes")]
    [InlineData("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQAB\",\"y\":\"AQAB\"}]}", "cannot be read")]
    [InlineData("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"?\",\"e\":\"AQAB\"}]}", "base64url")]
    [InlineData("{\"keys\":7}", "cannot be read")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "private key")]
    [InlineData("hello", "no key")]
    public void Unusable_keys_have_a_reason(string content, string reason)
    {
        FormatException error = Assert.Throws<FormatException>(() => VerificationKeys.Parse(Encoding.UTF8.GetBytes(content), isSecret: true));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    private static bool Find(VerificationKeys keys, string kid)
    {
        keys.Find(kid, "HS256", out bool isKnown);
        return isKnown;
    }

    private static string Text(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static JsonObject Change(JsonObject json, string name, string value)
    {
        json[name] = value;
        return json;
    }

    private Task<RunningRelay> StartAsync(KeyServer server, TokenIssuer issuer, bool untilReady = true) => RunningRelay.StartAsync(
        redis.Url,
        options => options with { Tokens = issuer.Options with { Keys = server.Url, UnknownKeyInterval = TimeSpan.FromHours(1) } },
        untilReady);

    /// <summary>A server of key sets on loopback.</summary>
    private sealed class KeyServer : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private int _requests;

        public KeyServer(Func<string?> respond)
        {
            Respond = respond;
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            _app = builder.Build();
            _app.Run(AnswerAsync);
            _app.StartAsync().GetAwaiter().GetResult();
            Url = _app.Urls.Single() + "/keys";
        }

        public string Url { get; }

        public int Requests => Volatile.Read(ref _requests);

        /// <summary>The key set; null to fail.</summary>
        public Func<string?> Respond { get; set; }

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        private Task AnswerAsync(HttpContext context)
        {
            Interlocked.Increment(ref _requests);
            string? keys = Respond();
            context.Response.StatusCode = keys is null ? (int)HttpStatusCode.InternalServerError : 200;
            return context.Response.WriteAsync(keys ?? JsonSerializer.Serialize("failed"));
        }
    }
}
