using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Redis;
using Xunit.Abstractions;

namespace Cecelia.Relay.Tests.Access;

/// <summary>A relay with access control, its Redis and the issuer of tokens, with entities of the projects p1 and p2, for the tests of one class.</summary>
public sealed class GuardedRelay(IMessageSink diagnostics) : IAsyncLifetime
{
    private readonly RealRedis _redis = new(diagnostics);

    internal RunningRelay Relay { get; private set; } = null!;

    internal RedisUrl Redis => _redis.Url;

    internal TokenIssuer Issuer { get; } = new();

    public async Task InitializeAsync()
    {
        await _redis.InitializeAsync();
        Relay = await RunningRelay.StartAsync(_redis.Url, Issuer.Require);
        await PublishAsync(
            """{"event":"task:created","data":{"taskId":"t1","secret":"of-p1"},"project_id":"p1","source":"brain-1"}""",
            """{"event":"task:created","data":{"taskId":"t2","secret":"of-p2"},"project_id":"p2","source":"brain-2"}""",
            """{"event":"task:created","data":{"taskId":"t0","secret":"of-none"}}""",
            """{"event":"status","data":{"execution_id":"e1","status":"running","message":"of-p1"},"project_id":"p1","execution_id":"e1"}""",
            """{"event":"status","data":{"execution_id":"e2","status":"running","message":"of-p2"},"project_id":"p2","execution_id":"e2"}""");
    }

    public async Task DisposeAsync()
    {
        await Relay.DisposeAsync();
        await _redis.DisposeAsync();
        Issuer.Dispose();
    }

    /// <summary>Publishes events and waits until the relay has accepted them.</summary>
    internal async Task PublishAsync(params string[] payloads)
    {
        long before = Relay.Get<Ingestor>().Accepted;
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(_redis.Url);
        await publisher.PublishAsync(payloads);
        await Eventually.TrueAsync(() => Relay.Get<Ingestor>().Accepted >= before + payloads.Length);
    }

    internal Task<RawResponse> AskAsync(string target, string? token = null, string method = "GET") => Relay.AskAsync(target, token, method);

    internal Task<string> CreateTicketAsync(string token) => Relay.CreateTicketAsync(token);
}

/// <summary>Requests with tokens.</summary>
internal static class GuardedRequests
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler());

    /// <summary>Sends a request, and reads the whole response.</summary>
    public static async Task<RawResponse> AskAsync(this RunningRelay relay, string target, string? token = null, string method = "GET")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(relay.Http, target));
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Within();
        bool isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(',', header.Value));
        return new RawResponse((int)response.StatusCode, headers, isStream ? "" : await response.Content.ReadAsStringAsync().Within());
    }

    /// <summary>Returns a new ticket for a token.</summary>
    public static async Task<string> CreateTicketAsync(this RunningRelay relay, string token)
    {
        RawResponse created = await relay.AskAsync("/api/v1/tickets", token, "POST");
        Assert.Equal((int)HttpStatusCode.Created, created.Status);
        return JsonDocument.Parse(created.Body).RootElement.GetProperty("ticket").GetString()!;
    }

    /// <summary>Returns the <c>error</c> of a refusal; null if the body is none.</summary>
    public static string? Error(this RawResponse response) =>
        response.Body.StartsWith('{') && JsonDocument.Parse(response.Body).RootElement.TryGetProperty("error", out JsonElement error)
            ? error.GetString()
            : null;
}
