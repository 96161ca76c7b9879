using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Cecelia.Relay.Access;
using Cecelia.Relay.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Cecelia.Relay.Tests.Access;

/// <summary>
/// Every token × every endpoint × every way to give the token. The endpoints are those of the host, so that a new one without a rule, or with a rule that
/// is not listed here, fails.
/// </summary>
public sealed class AccessProductTests(GuardedRelay guarded) : IClassFixture<GuardedRelay>
{
    /// <summary>The role that each endpoint requires, and how a token can be given.</summary>
    private static readonly Dictionary<string, (Role Least, bool Subprotocol, bool Ticket)> Expected = new()
    {
        ["GET /livez"] = (Role.None, false, false),
        ["GET /readyz"] = (Role.None, false, false),
        ["GET /nowhere"] = (Role.None, false, false),
        ["GET /client.tgz"] = (Role.None, false, false),
        ["GET /client.js"] = (Role.None, false, false),
        ["GET /client.d.ts"] = (Role.None, false, false),
        ["GET /metrics"] = (Role.Admin, false, false),
        ["GET /api/v1/status"] = (Role.Admin, false, false),
        ["GET /api/v1/refused"] = (Role.Admin, false, false),
        ["GET /asyncapi.json"] = (Role.Read, false, false),
        ["GET /api/v1/state"] = (Role.Read, false, false),
        ["GET /api/v1/history"] = (Role.Read, false, false),
        ["GET /api/v1/minutes"] = (Role.Read, false, false),
        ["GET /api/v1/connections"] = (Role.Admin, false, false),
        ["DELETE /api/v1/connections?user=nobody"] = (Role.Admin, false, false),
        ["GET /api/v1/connections/x"] = (Role.Admin, false, false),
        ["DELETE /api/v1/connections/x"] = (Role.Admin, false, false),
        ["GET /api/v1/events/x/trace"] = (Role.Admin, false, false),
        ["GET /api/v1/tasks/t1/trace"] = (Role.Admin, false, false),
        ["GET /api/v1/executions/e1/trace"] = (Role.Admin, false, false),
        ["GET /api/v1/tasks/t1"] = (Role.Read, false, false),
        ["GET /api/v1/executions/e1"] = (Role.Read, false, false),
        ["GET /ws"] = (Role.Read, true, true),
        ["GET /ws/projects/p1"] = (Role.Read, true, true),
        ["GET /api/v1/ws/executions/e1"] = (Role.Read, true, true),
        ["GET /events"] = (Role.Read, false, true),
        ["POST /api/v1/tickets"] = (Role.Read, false, false),
        ["DELETE /api/v1/tickets?user=nobody"] = (Role.Admin, false, false),
    };

    /// <summary>Each token with the reason for which it is refused, and its role if it is not.</summary>
    private static readonly Dictionary<string, (Func<TokenIssuer, string?> Make, string? Failure, Role Role)> Tokens = new()
    {
        ["none"] = (_ => null, "token_missing", Role.None),
        ["malformed"] = (_ => "not.a-token", "token_malformed", Role.None),
        ["malformed parts"] = (_ => "a.b.c", "token_malformed", Role.None),
        ["too long"] = (issuer => issuer.Issue(TokenIssuer.Everything("admin"), all => all["pad"] = new string('x', 8000)), "token_malformed", Role.None),
        ["expired"] = (issuer => issuer.Issue(TokenIssuer.Everything("admin"), claims => claims["exp"] = Now() - 1), "token_expired", Role.None),
        ["not yet valid"] = (issuer => issuer.Issue(TokenIssuer.Everything("admin"), claims => claims["nbf"] = Now() + 100), "token_not_yet_valid", Role.None),
        ["without exp"] = (issuer => issuer.Issue(TokenIssuer.Everything("admin"), claims => claims.Remove("exp")), "token_claims", Role.None),
        ["without sub"] = (issuer => issuer.Issue(TokenIssuer.Everything("admin"), claims => claims.Remove("sub")), "token_claims", Role.None),
        ["long sub"] = (issuer => issuer.Issue(TokenIssuer.Everything("admin"), user: new string('u', 257)), "token_claims", Role.None),
        ["wrong issuer"] = (issuer => issuer.Issue(TokenIssuer.Everything("admin"), all => all["iss"] = "https://evil.example"), "token_issuer", Role.None),
        ["wrong audience"] = (issuer => issuer.Issue(TokenIssuer.Everything("admin"), claims => claims["aud"] = "other"), "token_audience", Role.None),
        ["wrong key"] = (_ => ByOtherKey("k1"), "token_signature", Role.None),
        ["unknown key"] = (_ => ByOtherKey("k9"), "token_key", Role.None),
        ["changed"] = (issuer => Change(issuer.Issue(TokenIssuer.Everything("read"))), "token_signature", Role.None),
        ["alg none"] = (_ => TokenIssuer.Unsigned(TokenIssuer.Claims(TokenIssuer.Everything("admin"))), "token_signature", Role.None),
        ["HS256 by public key"] = (ByPublicKey, "token_signature", Role.None),
        ["bad claim"] = (issuer => issuer.Issue(TokenIssuer.Everything("owner")), "token_claims", Role.None),
        ["no rights"] = (issuer => issuer.Issue(null), null, Role.None),
        ["no role"] = (issuer => issuer.Issue(TokenIssuer.Everything(null)), null, Role.None),
        ["other project"] = (issuer => issuer.Issue(TokenIssuer.OfProjects("read", false, "p2")), null, Role.Read),
        ["read"] = (issuer => issuer.Issue(TokenIssuer.Everything("read")), null, Role.Read),
        ["command"] = (issuer => issuer.Issue(TokenIssuer.Everything("command")), null, Role.Command),
        ["admin"] = (issuer => issuer.Issue(TokenIssuer.Everything("admin")), null, Role.Admin),
    };

    public static TheoryData<string> Endpoints => [.. Expected.Keys];

    [Fact]
    public void Every_endpoint_of_the_host_has_a_rule_and_is_tested()
    {
        foreach (Endpoint endpoint in guarded.Relay.Get<EndpointDataSource>().Endpoints)
        {
            AccessRule? rule = endpoint.Metadata.GetMetadata<AccessRule>();
            Assert.True(rule is not null, $"{endpoint.DisplayName} has no access rule");
            if (IsFile(endpoint)) Assert.Equal(Role.None, rule.Least);
            else Assert.All(Targets(endpoint), target => Assert.True(Expected.ContainsKey(target), $"{target} is not tested"));
        }
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Endpoint_grants_exactly_the_tokens_of_its_rule(string endpoint)
    {
        (string method, string target) = (endpoint.Split(' ')[0], endpoint.Split(' ')[1]);
        (Role least, bool takesSubprotocol, bool takesTicket) = Expected[endpoint];
        foreach ((string name, (Func<TokenIssuer, string?> make, string? failure, Role role)) in Tokens)
        {
            string? token = make(guarded.Issuer);
            string? error = least == Role.None ? null : failure ?? (role < least ? "role_required" : null);
            Check($"{name} in the header of {endpoint}", error, await SendAsync(method, target, token));
            if (token is null) continue;

            string? withoutWay = least == Role.None ? null : "token_missing";
            Check(
                $"{name} as a subprotocol of {endpoint}",
                takesSubprotocol ? error : withoutWay,
                await SendAsync(method, target, null, "bearer." + token));

            // A ticket is as good as the token that it was made from, and there is none from another one.
            bool isMade = failure is null && role >= Role.Read;
            string ticket = isMade ? await guarded.CreateTicketAsync(token) : token[..Math.Min(token.Length, 4000)];
            Check(
                $"{name} as a ticket of {endpoint}",
                takesTicket ? (isMade ? error : "ticket_unknown") : withoutWay,
                await SendAsync(method, $"{target}{(target.Contains('?', StringComparison.Ordinal) ? '&' : '?')}ticket={Uri.EscapeDataString(ticket)}", null));
        }
    }

    [Theory]
    [InlineData("{}", "{}")]
    [InlineData("[]", "{}")]
    [InlineData("7", "7")]
    [InlineData("", "")]
    [InlineData("{\"alg\":7}", "{}")]
    [InlineData("{\"alg\":\"RS256\",\"kid\":7}", "{}")]
    [InlineData("{\"alg\":\"RS256\",\"kid\":\"\\ud800\"}", "{}")]
    [InlineData("{\"alg\":\"\\ud800\",\"kid\":\"k1\"}", "{}")]
    [InlineData("{\"alg\":\"RS256\",\"kid\":\"k1\"}", "")]
    [InlineData("{\"alg\":\"RS256\",\"kid\":\"k1\"}", "[]")]
    [InlineData("{\"alg\":\"RS256\",\"kid\":\"k1\"}", "{\"iss\":7}")]
    [InlineData("{\"alg\":\"RS256\",\"kid\":\"k1\"}", "{\"iss\":\"\\ud800\"}")]
    [InlineData("{\"alg\":\"RS256\",\"kid\":\"k1\"}", "{\"iss\":\"https://issuer.example\",\"aud\":{}}")]
    [InlineData("{\"alg\":\"RS256\",\"kid\":\"k1\"}", "{\"iss\":\"https://issuer.example\",\"aud\":\"cecelia\",\"exp\":1e400}")]
    [InlineData("{\"alg\":\"RS256\",\"kid\":\"k1\"}", "{\"iss\":\"https://issuer.example\",\"aud\":\"cecelia\",\"exp\":\"x\"}")]
    [InlineData(
        "{\"alg\":\"RS256\",\"kid\":\"k1\"}", "{\"iss\":\"https://issuer.example\",\"aud\":\"cecelia\",\"exp\":9000000000,\"sub\":\"\\ud800\"}")]
    public async Task Signed_text_that_is_not_a_token_is_refused(string header, string claims) =>
        Assert.Equal(401, (await guarded.AskAsync("/api/v1/state", guarded.Issuer.SignText(header, claims))).Status);

    [Theory]
    [InlineData("/ws")]
    [InlineData("/events")]
    public async Task Two_credentials_are_refused(string target)
    {
        string token = guarded.Issuer.Issue(TokenIssuer.Everything("read"));
        string ticket = await guarded.CreateTicketAsync(token);

        Check("header and ticket", "two_tokens", await SendAsync("GET", $"{target}?ticket={ticket}", token));
    }

    [Theory]
    [InlineData("cecelia.v1, bearer.{0}", "cecelia.v1")]
    [InlineData("bearer.{0}, cecelia.v1", "cecelia.v1")]
    [InlineData("bearer.{0}", null)]
    public async Task Token_in_the_subprotocols_is_not_echoed(string offer, string? granted)
    {
        string token = guarded.Issuer.Issue(TokenIssuer.Everything("read"));

        RawResponse response = await SendAsync("GET", "/ws", null, string.Format(null, offer, token));

        Assert.Equal(101, response.Status);
        Assert.Equal(granted, response.Headers.GetValueOrDefault("Sec-WebSocket-Protocol"));
        Assert.DoesNotContain(response.Headers, header => header.Value.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Refusal_names_the_scheme_and_can_be_read_by_an_allowed_page_only()
    {
        RawResponse refused = await guarded.AskAsync("/api/v1/state");
        HttpResponseMessage allowed = await guarded.Relay.SendAsync(HttpMethod.Get, "/api/v1/state", "http://localhost:3000");
        HttpResponseMessage foreign = await guarded.Relay.SendAsync(HttpMethod.Get, "/api/v1/state", "https://evil.example");

        Assert.Equal("Bearer error=\"token_missing\"", refused.Headers["WWW-Authenticate"]);
        Assert.Equal(401, (int)allowed.StatusCode);
        Assert.Equal("http://localhost:3000", allowed.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal(403, (int)foreign.StatusCode);
    }

    [Theory]
    [InlineData("/api/v1/state", "GET", "http://localhost:3000", 204)]
    [InlineData("/api/v1/tickets", "POST", "http://localhost:3000", 204)]
    [InlineData("/api/v1/tickets", "DELETE", "http://localhost:3000", 204)]
    [InlineData("/api/v1/tickets", "POST", "https://evil.example", 403)]
    [InlineData("/ws", "GET", "http://localhost:3000", 204)]
    [InlineData("/events", "GET", "http://localhost:3000", 204)]
    public async Task Preflight_needs_no_token(string target, string method, string origin, int status)
    {
        await using RawClient client = await RawClient.ConnectAsync(guarded.Relay.Port);

        RawResponse response = await client.RequestAsync(
            $"OPTIONS {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: {method}\r\n\r\n");

        Assert.Equal(status, response.Status);
        if (status == 204) Assert.Contains(method, response.Headers["Access-Control-Allow-Methods"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "token_missing")]
    [InlineData("command", "role_required")]
    [InlineData("admin", null)]
    public async Task Endpoint_without_a_rule_is_for_administrators(string? role, string? error)
    {
        using var issuer = new TokenIssuer();
        await using RunningRelay relay = await RunningRelay.StartAsync(
            guarded.Redis, issuer.Require, replace: services => services.AddSingleton<IStartupFilter, UnruledEndpoint>());

        RawResponse response = await relay.AskAsync("/unruled", role is null ? null : issuer.Issue(TokenIssuer.Everything(role)));

        Check("an endpoint without a rule", error, response);
        Assert.Equal(error is null ? 204 : error == "token_missing" ? 401 : 403, response.Status);
    }

    private static void Check(string what, string? error, RawResponse response)
    {
        if (error is null)
        {
            Assert.True(response.Status is not (401 or 403), $"{what}: {response.Status} {response.Body}");
            Assert.True(response.Error() is null or "not_found" or "method_not_allowed" or "client_not_built" or "unknown_task" or "unknown_execution", $"{what}: {response.Body}");
        }
        else
        {
            int status = Enum.GetValues<AccessFailure>().Single(failure => failure.ToWireName() == error).ToStatus();
            Assert.True(status == response.Status && response.Error() == error, $"{what}: {response.Status} {response.Body}, and not {error}");
        }
    }

    /// <summary>Sends a request, as an upgrade if the endpoint is a WebSocket.</summary>
    private async Task<RawResponse> SendAsync(string method, string target, string? token, string? subprotocol = null)
    {
        bool isSocket = target.StartsWith("/ws", StringComparison.Ordinal) || target.Contains("/ws/", StringComparison.Ordinal);
        (string Name, string? Value)[] given = [("Authorization", token is null ? null : "Bearer " + token), ("Sec-WebSocket-Protocol", subprotocol)];
        if (!isSocket)
            given = [.. given, ("Upgrade", null), ("Connection", null), ("Sec-WebSocket-Version", null), ("Sec-WebSocket-Key", null)];
        string request = RawClient.UpgradeRequest(target, given);
        if (method != "GET") request = request.Replace("GET ", method + " ", StringComparison.Ordinal);
        await using RawClient client = await RawClient.ConnectAsync(guarded.Relay.Port);
        return await client.RequestAsync(request, readsStreams: false);
    }

    /// <summary>Selects an endpoint that has no access rule.</summary>
    private sealed class UnruledEndpoint : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, following) =>
            {
                if (context.Request.Path == "/unruled") context.SetEndpoint(new Endpoint(Answer, EndpointMetadataCollection.Empty, "unruled"));
                return following(context);
            });
            next(app);
        };

        private static Task Answer(HttpContext context)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }
    }

    private static bool IsFile(Endpoint endpoint) => ((RouteEndpoint)endpoint).RoutePattern.RawText is "/"
        || FrontendFiles.Embedded().Any(file => "/" + file.Path == ((RouteEndpoint)endpoint).RoutePattern.RawText);

    private static IEnumerable<string> Targets(Endpoint endpoint)
    {
        string path = ((RouteEndpoint)endpoint).RoutePattern.RawText!;
        path = path.StartsWith("{*", StringComparison.Ordinal) ? "/nowhere"
            : path.Replace("projects/{id}", "projects/p1", StringComparison.Ordinal)
                .Replace("tasks/{id}", "tasks/t1", StringComparison.Ordinal)
                .Replace("executions/{id}", "executions/e1", StringComparison.Ordinal)
                .Replace("{id}", "x", StringComparison.Ordinal);
        IEnumerable<string> methods = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"];
        return methods.Where(method => method is not ("HEAD" or "OPTIONS")).Select(method => $"{method} {path}{(method == "DELETE" ? "?user=nobody" : "")}");
    }

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    private static string ByOtherKey(string kid)
    {
        using var issuer = new TokenIssuer();
        return issuer.Sign(TokenIssuer.Claims(TokenIssuer.Everything("admin")), kid);
    }

    /// <summary>Replaces the role in a signed token.</summary>
    private static string Change(string token)
    {
        string[] parts = token.Split('.');
        JsonNode claims = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(parts[1]))!;
        claims["cecelia"]!["role"] = "admin";
        return $"{parts[0]}.{System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}.{parts[2]}";
    }

    /// <summary>The attack on servers that use whatever key they have for whatever algorithm the token names (RFC 8725 §2.1).</summary>
    private static string ByPublicKey(TokenIssuer issuer) =>
        TokenIssuer.SignSymmetric(
            TokenIssuer.Claims(TokenIssuer.Everything("admin")),
            Encoding.ASCII.GetBytes(PemEncoding.WriteString("PUBLIC KEY", issuer.Key.ExportSubjectPublicKeyInfo())));
}
