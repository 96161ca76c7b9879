using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cecelia.Relay.Http;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>The relay below a path: behind a proxy that forwards the path, behind one that strips it, and without a path.</summary>
public sealed partial class PathBaseTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Theory]
    [InlineData("")]
    [InlineData("/relay")]
    [InlineData("/ops/relay-2.x_y~z")]
    public void Valid_base_is_accepted(string text) => Assert.Equal(text, PathBase.Parse(text));

    [Theory]
    [InlineData("/")]
    [InlineData("relay")]
    [InlineData("/relay/")]
    [InlineData("//relay")]
    [InlineData("/a//b")]
    [InlineData("/a/../b")]
    [InlineData("/re lay")]
    [InlineData("/re%6Cay")]
    [InlineData("/relay?x")]
    [InlineData("https://host/relay")]
    [InlineData("/api")]
    [InlineData("/WS/x")]
    [InlineData("/assets")]
    public void Invalid_base_is_refused(string text) =>
        Assert.StartsWith("must ", Assert.Throws<FormatException>(() => PathBase.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("/relay")]
    [InlineData("/ops/relay")]
    public async Task Page_and_its_resources_are_served_with_and_without_the_base(string pathBase)
    {
        await using RunningRelay relay = await StartAsync(pathBase);

        foreach (string prefix in (string[])[pathBase, ""])
        {
            (HttpStatusCode status, string page, HttpResponseMessage response) = await relay.GetAsync(prefix + "/");
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Contains("default-src 'none'", string.Concat(response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);

            // Relative addresses, because a proxy may strip the base.
            string[] loads =
            [
                .. Loaded().Matches(page)
                    .Select(match => match.Groups["address"].Value)
                    .Where(address => !address.StartsWith("data:", StringComparison.Ordinal)),
            ];
            Assert.NotEmpty(loads);
            Assert.All(loads, address => Assert.DoesNotMatch("^(/|[a-z]+:)", address));
            foreach (string address in loads) Assert.Equal(HttpStatusCode.OK, (await relay.GetAsync($"{prefix}/{address}")).Status);
        }
    }

    [Fact]
    public async Task Other_endpoints_are_served_with_and_without_the_base()
    {
        await using RunningRelay relay = await StartAsync("/relay");
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);

        foreach (string path in (string[])["/livez", "/readyz", "/metrics", "/api/v1/state", "/asyncapi.json"])
        {
            Assert.Equal(HttpStatusCode.OK, (await relay.GetAsync(path)).Status);
            Assert.Equal(HttpStatusCode.OK, (await relay.GetAsync("/relay" + path)).Status);
        }

        await using TestClient below = await relay.ConnectToAsync("/relay/ws");
        await using TestClient without = await relay.ConnectToAsync("/ws");
        await publisher.PublishAsync(Numbered.Payload(7));
        Assert.Equal(7, Numbered.Of(await below.ReceiveAsync()));
        Assert.Equal(7, Numbered.Of(await without.ReceiveAsync()));
    }

    [Fact]
    public async Task Id_in_the_path_is_found_after_a_base_that_resembles_an_endpoint()
    {
        await using RunningRelay relay = await StartAsync("/x/api/v1/tasks");
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await publisher.PublishAsync("""{"event":"task:created","data":{"taskId":"a/b","status":"queued"}}""");

        await Eventually.TrueAsync(
            async () => (await relay.GetAsync("/api/v1/tasks/a%2Fb")).Status == HttpStatusCode.OK,
            TestTimeouts.Default,
            () => "the task is not known");

        (HttpStatusCode status, string body, _) = await relay.GetAsync("/x/api/v1/tasks/api/v1/tasks/a%2Fb");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("a/b", JsonDocument.Parse(body).RootElement.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bare_base_redirects_to_its_page()
    {
        await using RunningRelay relay = await StartAsync("/relay");
        await using RawClient client = await RawClient.ConnectAsync(relay.Port);

        RawResponse response = await client.RequestAsync("GET /relay?theme=dark HTTP/1.1\r\nHost: localhost\r\n\r\n");

        Assert.Equal(308, response.Status);
        Assert.Equal("/relay/?theme=dark", response.Headers["Location"]);
    }

    [Theory]
    [InlineData("/relays")]
    [InlineData("/relay/nowhere")]
    public async Task Path_that_resembles_the_base_is_not_found(string path)
    {
        await using RunningRelay relay = await StartAsync("/relay");

        Assert.Equal(HttpStatusCode.NotFound, (await relay.GetAsync(path)).Status);
    }

    [GeneratedRegex("""(?:src|href)="(?<address>[^"]*)" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Loaded();

    private Task<RunningRelay> StartAsync(string pathBase) => RunningRelay.StartAsync(redis.Url, options => options with { PathBase = pathBase });
}
