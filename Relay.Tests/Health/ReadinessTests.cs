using System.Net;
using System.Text.Json;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Redis;

namespace Cecelia.Relay.Tests.Health;

/// <summary>PROTOCOL.md, <i>Endpoints</i>.</summary>
public sealed class ReadinessTests
{
    [Fact]
    public async Task Ready_lists_each_check_with_its_status_age_and_cause()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await RunningRelay.StartAsync(RedisUrl.For("127.0.0.1", redis.Port));

        (HttpStatusCode status, string body, HttpResponseMessage response) = await relay.GetAsync("/readyz");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        JsonElement json = JsonDocument.Parse(body).RootElement;
        Assert.Equal("ready", json.GetProperty("status").GetString());
        JsonElement[] checks = [.. json.GetProperty("checks").EnumerateArray()];
        Assert.Equal(["redis", "drain"], checks.Select(check => check.GetProperty("name").GetString()));
        Assert.All(checks, check => Assert.Equal("ok", check.GetProperty("status").GetString()));
        Assert.All(checks, check => Assert.NotEmpty(check.GetProperty("why").GetString()!));
        Assert.InRange(checks[0].GetProperty("age_seconds").GetDouble(), 0, 120);
    }

    [Fact]
    public async Task Ready_fails_with_the_cause_while_redis_is_unavailable_and_clients_stay()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RunningRelay relay = await RunningRelay.StartAsync(RedisUrl.For("127.0.0.1", redis.Port));
        await using TestClient client = await relay.ConnectAsync();

        await redis.StopAsync();
        string body = "";
        await Eventually.TrueAsync(
            async () =>
            {
                (HttpStatusCode status, body, _) = await relay.GetAsync("/readyz");
                return status == HttpStatusCode.ServiceUnavailable;
            },
            TestTimeouts.Default);

        JsonElement json = JsonDocument.Parse(body).RootElement;
        Assert.Equal("not_ready", json.GetProperty("status").GetString());
        JsonElement check = json.GetProperty("checks").EnumerateArray().First();
        Assert.Equal(("redis", "fail"), (check.GetProperty("name").GetString(), check.GetProperty("status").GetString()));
        Assert.NotEmpty(check.GetProperty("why").GetString()!);
        Assert.Equal(HttpStatusCode.OK, (await relay.GetAsync("/livez")).Status);
        await client.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await client.ReceiveAsync());

        await redis.RestartAsync();
        await Eventually.TrueAsync(async () => (await relay.GetAsync("/readyz")).Status == HttpStatusCode.OK, TestTimeouts.Default);
        await redis.PublishAsync(EventPublisher.Channel, Numbered.Payload(3));
        Assert.Equal(3, Numbered.Of(await client.ReceiveAsync()));
    }

    [Fact]
    public async Task Ready_names_the_address_of_Redis_once()
    {
        await using RedisServer redis = await RedisServer.StartAsync(new RedisServerOptions { Password = "right" });
        await using RunningRelay relay = await RunningRelay.StartAsync(LinkHarness.Parse($"redis://:wrong@127.0.0.1:{redis.Port}"), untilReady: false);

        string why = "";
        await Eventually.TrueAsync(
            async () =>
            {
                why = (await relay.GetJsonAsync("/readyz")).GetProperty("checks")[0].GetProperty("why").GetString()!;
                return why.Contains("WRONGPASS", StringComparison.Ordinal);
            },
            describe: () => why);

        Assert.StartsWith($"127.0.0.1:{redis.Port}: Redis says WRONGPASS", why, StringComparison.Ordinal);
    }

    /// <summary>Covers two servers behind one address: every subscription is confirmed, and nothing is delivered on it.</summary>
    [Fact]
    public async Task Ready_fails_where_subscriptions_are_confirmed_and_no_probe_is_delivered()
    {
        await using RedisServer redis = await RedisServer.StartAsync(new RedisServerOptions { OnThisMachine = true });
        await using var proxy = new TcpProxy(redis.Port);
        await using RunningRelay relay = await RunningRelay.StartAsync(RedisUrl.For("127.0.0.1", proxy.Port));

        proxy.DivertProbes(true);
        string body = "";
        await Eventually.TrueAsync(
            async () =>
            {
                (HttpStatusCode status, body, _) = await relay.GetAsync("/readyz");
                return status == HttpStatusCode.ServiceUnavailable
                    && body.Contains("the probes that the relay publishes to itself are not received", StringComparison.Ordinal);
            },
            TestTimeouts.Default,
            () => body);
        proxy.DivertProbes(false);

        await Eventually.TrueAsync(async () => (await relay.GetAsync("/readyz")).Status == HttpStatusCode.OK, TestTimeouts.Default);
    }
}
