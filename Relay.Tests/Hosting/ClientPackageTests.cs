using System.Net;
using System.Text;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>Serving the client package, with files made for the test, so that it does not depend on what the build embedded.</summary>
public sealed class ClientPackageTests : IAsyncLifetime
{
    private static readonly byte[] Archive = [.. Enumerable.Range(0, 1000).Select(number => (byte)number)];
    private static readonly byte[] Code = Encoding.UTF8.GetBytes("export const answer = 42;" + new string(' ', 1000));

    private static readonly HttpClient Client = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly WebApplication _app = MakeApp(
        new FrontendFile("client.tgz", Archive), new FrontendFile("client.js", Code), new FrontendFile("client.d.ts", Code));

    private readonly WebApplication _empty = MakeApp();

    public async Task InitializeAsync()
    {
        await _app.StartAsync().Within();
        await _empty.StartAsync().Within();
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync().AsTask().Within();
        await _empty.DisposeAsync().AsTask().Within();
    }

    [Theory]
    [InlineData("/client.tgz", "application/gzip", "Origin")]
    [InlineData("/client.js", "text/javascript; charset=utf-8", "Origin, Accept-Encoding")]
    [InlineData("/client.d.ts", "text/plain; charset=utf-8", "Origin, Accept-Encoding")]
    public async Task File_is_served_with_its_type_and_an_etag(string path, string type, string vary)
    {
        using HttpResponseMessage first = await SendAsync(_app, path);

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal(type, first.Content.Headers.ContentType?.ToString());
        Assert.Equal("no-cache", first.Headers.CacheControl?.ToString());
        Assert.Equal(vary, string.Join(", ", first.Headers.Vary));
        Assert.Equal(path == "/client.tgz" ? Archive : Code, await first.Content.ReadAsByteArrayAsync());
        using HttpResponseMessage again = await SendAsync(_app, path, ifNoneMatch: first.Headers.ETag!.ToString());
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    [Fact]
    public async Task Module_names_its_types_relative_to_itself()
    {
        using HttpResponseMessage module = await SendAsync(_app, "/client.js", origin: "https://shop.example");

        Assert.Equal(["./client.d.ts"], module.Headers.GetValues("X-TypeScript-Types"));
        Assert.Equal(["X-TypeScript-Types"], module.Headers.GetValues("Access-Control-Expose-Headers"));
        using HttpResponseMessage archive = await SendAsync(_app, "/client.tgz");
        Assert.False(archive.Headers.Contains("X-TypeScript-Types"));
    }

    [Theory]
    [InlineData("https://shop.example")]
    [InlineData("http://localhost:3000")]
    public async Task Page_of_an_allowed_origin_may_import_the_module(string origin)
    {
        using HttpResponseMessage response = await SendAsync(_app, "/client.js", origin);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([origin], response.Headers.GetValues("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("/client.js")]
    [InlineData("/client.tgz")]
    public async Task Page_of_another_origin_is_refused(string path)
    {
        using HttpResponseMessage response = await SendAsync(_app, path, "https://evil.example");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Contains("origin_not_allowed", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/client.tgz")]
    [InlineData("/client.js")]
    [InlineData("/client.d.ts")]
    public async Task Build_without_the_front_end_says_so(string path)
    {
        using HttpResponseMessage response = await SendAsync(_empty, path);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("\"client_not_built\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_methods_are_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Address(_app, "/client.tgz"));
        using HttpResponseMessage response = await Client.SendAsync(request).Within();

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["GET", "HEAD"], response.Content.Headers.Allow);
    }

    private static WebApplication MakeApp(params FrontendFile[] files)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton(new FanoutOptions()).AddSingleton(TimeProvider.System);
        WebApplication app = builder.Build();
        app.UseResponseHeaders();
        app.MapClientPackage(files, new OriginPolicy(new ConnectionOptions { AllowedOrigins = ["https://shop.example"] }));
        return app;
    }

    private static Uri Address(WebApplication app, string path) => new(RelayHost.Addresses(app).Single() + path);

    private static async Task<HttpResponseMessage> SendAsync(WebApplication app, string path, string? origin = null, string? ifNoneMatch = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address(app, path));
        if (origin is not null) request.Headers.TryAddWithoutValidation("Origin", origin);
        if (ifNoneMatch is not null) request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        return await Client.SendAsync(request).Within();
    }
}
