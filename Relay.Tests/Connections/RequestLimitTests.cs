using System.Globalization;
using System.Net;
using System.Text.Json;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Http;
using Cecelia.Relay.Tests.Duties;
using Cecelia.Relay.Tests.Health;
using Microsoft.Extensions.DependencyInjection;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>PROTOCOL.md, <i>Endpoints</i>: the limit of requests of an address.</summary>
public sealed class RequestLimitTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private static readonly IPAddress First = IPAddress.Parse("192.0.2.1");

    private readonly StepTime _time = new();

    [Fact]
    public void Address_has_ten_seconds_of_requests_at_once_and_then_its_rate()
    {
        var rate = new RequestRate(new ConnectionOptions { MaxRequestsPerAddress = 100 }, _time);

        for (int i = 0; i < 1000; i++) Assert.Null(rate.Count(First));
        Assert.Equal(TimeSpan.FromMilliseconds(10), rate.Count(First));
        Assert.Equal(1, rate.Refused);
        _time.Pass(TimeSpan.FromMilliseconds(10));
        Assert.Null(rate.Count(First));
        Assert.NotNull(rate.Count(First));

        _time.Pass(TimeSpan.FromSeconds(5));
        for (int i = 0; i < 500; i++) Assert.Null(rate.Count(First));
        Assert.NotNull(rate.Count(First));
    }

    [Fact]
    public void Addresses_have_an_allowance_each_and_a_64_network_has_one()
    {
        var rate = new RequestRate(new ConnectionOptions { MaxRequestsPerAddress = 1 }, _time);
        IPAddress network = IPAddress.Parse("2001:db8::1");
        for (int i = 0; i < 10; i++) Assert.Null(rate.Count(First));
        for (int i = 0; i < 10; i++) rate.Count(network);

        Assert.NotNull(rate.Count(First));
        Assert.NotNull(rate.Count(First.MapToIPv6()));
        Assert.NotNull(rate.Count(IPAddress.Parse("2001:db8::ffff:1")));
        // Of many others, at most a few share a slot with one of the two.
        Assert.InRange(Enumerable.Range(0, 250).Count(n => rate.Count(IPAddress.Parse($"198.51.100.{n}")) is null), 240, 250);
        Assert.InRange(Enumerable.Range(0, 250).Count(n => rate.Count(IPAddress.Parse($"2001:db8:1:{n:x}::1")) is null), 240, 250);
    }

    [Fact]
    public void Zero_sets_no_limit()
    {
        var rate = new RequestRate(new ConnectionOptions { MaxRequestsPerAddress = 0 }, _time);

        for (int i = 0; i < 100_000; i++) Assert.Null(rate.Count(First));
    }

    [Fact]
    public async Task Requests_beyond_the_limit_get_429_and_connections_and_probes_do_not()
    {
        int adminPort = RedisServer.FreePort();
        await using RunningRelay relay = await StartAsync(options => options with { AdminPort = adminPort });
        for (int i = 0; i < 10; i++) Assert.Equal(HttpStatusCode.OK, (await relay.GetAsync("/api/v1/state")).Status);

        foreach (string path in (string[])["/", "/asyncapi.json", "/api/v1/state", "/api/v1/tasks/t", "/api/v1/status", "/nowhere"])
        {
            (HttpStatusCode status, string body, HttpResponseMessage response) = await relay.GetAsync(path);
            Assert.Equal((path, HttpStatusCode.TooManyRequests), (path, status));
            Assert.Equal("too_many_requests", JsonDocument.Parse(body).RootElement.GetProperty("error").GetString());
            Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter!.Delta);
            Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
        }

        Assert.Equal(HttpStatusCode.OK, (await relay.GetAsync("/livez")).Status);
        Assert.Equal(HttpStatusCode.OK, (await relay.GetAsync("/readyz")).Status);
        await using (await relay.ConnectAsync()) { }
        await (await EventStreamClient.ConnectAsync(relay)).DisposeAsync();
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        string metrics = await http.GetStringAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{adminPort}/metrics"))).Within();
        Assert.Contains("relay_requests_refused_total{reason=\"too_many_requests\"} 6\n", metrics, StringComparison.Ordinal);

        _time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await relay.GetAsync("/api/v1/state")).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await relay.GetAsync("/api/v1/state")).Status);
    }

    [Fact]
    public async Task Clients_behind_a_trusted_proxy_have_an_allowance_each()
    {
        await using RunningRelay relay = await StartAsync(
            options => options with { Connections = options.Connections with { TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")] } });
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };

        for (int i = 0; i < 10; i++) Assert.Equal(HttpStatusCode.OK, await FromAsync("192.0.2.1"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await FromAsync("192.0.2.1"));
        // Two addresses share a slot with a probability of 1 in 16,384.
        HttpStatusCode[] others = [await FromAsync("192.0.2.2"), await FromAsync("192.0.2.3"), await FromAsync("192.0.2.4")];
        Assert.Contains(HttpStatusCode.OK, others);

        async Task<HttpStatusCode> FromAsync(string client)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(relay.Http, "/api/v1/state"));
            request.Headers.Add("X-Forwarded-For", client);
            using HttpResponseMessage response = await http.SendAsync(request).Within();
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Refused_requests_are_in_the_metrics_from_the_start()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);

        Assert.Equal(0, (await MetricsTests.ReadAsync(relay))["""relay_requests_refused_total{reason="too_many_requests"}"""]);
    }

    /// <summary>Starts a relay that allows ten requests of an address, and one more for each second of the test's clock.</summary>
    private Task<RunningRelay> StartAsync(Func<RelayOptions, RelayOptions> change) => RunningRelay.StartAsync(
        redis.Url,
        change,
        replace: services => services.AddSingleton(new RequestRate(new ConnectionOptions { MaxRequestsPerAddress = 1 }, _time)));
}
