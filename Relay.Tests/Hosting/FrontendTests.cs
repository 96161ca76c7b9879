using System.IO.Compression;
using System.Net;
using System.Text;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>Serving the files of the front end, with files made for the test, so that it does not depend on what the build embedded.</summary>
public sealed class FrontendTests : IAsyncLifetime
{
    private const string Script = "/assets/index-Cf6jVYu4.js";
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; worker-src 'self'; manifest-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly byte[] Page = Encoding.UTF8.GetBytes("<!doctype html><title>Cecelia</title>" + new string(' ', 500));
    private static readonly byte[] Code = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"f({i});")));
    private static readonly byte[] Font = [.. Enumerable.Repeat((byte)7, 1000)];

    // Does not decompress.
    private static readonly HttpClient Client = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly WebApplication _app = MakeApp();

    public static TheoryData<string, string, string> Files => new()
    {
        { "/", "text/html; charset=utf-8", "no-cache" },
        { Script, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable" },
        { "/assets/index-x.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable" },
        { "/assets/inter-x.woff2", "font/woff2", "public, max-age=31536000, immutable" },
        { "/assets/icon-x.svg", "image/svg+xml", "public, max-age=31536000, immutable" },
        { "/app.webmanifest", "application/manifest+json", "no-cache" },
        { "/sw.js", "text/javascript; charset=utf-8", "no-cache" },
        { "/icons/icon-192.png", "image/png", "no-cache" },
        { "/odd.thing", "application/octet-stream", "no-cache" },
    };

    public Task InitializeAsync() => _app.StartAsync().Within();

    public Task DisposeAsync() => _app.DisposeAsync().AsTask().Within();

    [Theory]
    [MemberData(nameof(Files))]
    public async Task File_is_served_with_its_type_and_cache_lifetime(string path, string type, string cacheControl)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType?.ToString());
        Assert.Equal(cacheControl, string.Join(", ", response.Headers.GetValues("Cache-Control")));
        Assert.Equal(response.Content.Headers.ContentLength, (await response.Content.ReadAsByteArrayAsync()).Length);
        AssertSafe(response);
    }

    [Fact]
    public async Task Page_with_a_matching_etag_is_not_sent_again()
    {
        using HttpResponseMessage first = await SendAsync(HttpMethod.Get, "/");
        string etag = first.Headers.ETag!.ToString();
        Assert.StartsWith("\"", etag, StringComparison.Ordinal);

        foreach (string etagSent in (string[])[etag, $"W/{etag}", $"\"other\", {etag}", "*"])
        {
            using HttpResponseMessage again = await SendAsync(HttpMethod.Get, "/", ifNoneMatch: etagSent);

            Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
            Assert.Empty(await again.Content.ReadAsByteArrayAsync());
            Assert.Equal(etag, again.Headers.ETag!.ToString());
            Assert.Equal("no-cache", again.Headers.CacheControl?.ToString());
            AssertSafe(again);
        }
    }

    [Theory]
    [InlineData("\"other\"")]
    [InlineData("not an etag")]
    public async Task Page_with_another_etag_is_sent(string etagSent)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, "/", ifNoneMatch: etagSent);

        Assert.Equal(Page, await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("gzip, deflate, br, zstd", "br")]
    [InlineData("gzip;q=1, br;q=0.1", "br")]
    [InlineData("br;q=0, gzip", "gzip")]
    [InlineData("GZIP", "gzip")]
    [InlineData("*", "br")]
    [InlineData("*, br;q=0", "gzip")]
    [InlineData("*;q=0", "")]
    [InlineData("deflate", "")]
    [InlineData("gzip;q=0, br;q=0", "")]
    [InlineData("identity", "")]
    [InlineData(null, "")]
    public async Task Script_is_compressed_as_the_client_accepts(string? accepted, string coding)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, Script, accepted);

        Assert.Equal(coding, string.Join(",", response.Content.Headers.ContentEncoding));
        Assert.Equal("Accept-Encoding", string.Join(",", response.Headers.Vary));
        byte[] sent = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(sent.Length, response.Content.Headers.ContentLength);
        Assert.Equal(Code, Decompress(sent, coding));
        if (coding.Length > 0) Assert.True(sent.Length < Code.Length / 2);
    }

    [Fact]
    public async Task Each_compression_has_its_own_etag()
    {
        var etags = new HashSet<string>();
        foreach (string coding in (string[])["identity", "gzip", "br"])
        {
            using HttpResponseMessage response = await SendAsync(HttpMethod.Get, Script, coding);
            Assert.False(response.Headers.ETag!.IsWeak);
            etags.Add(response.Headers.ETag.Tag);
        }

        Assert.Equal(3, etags.Count);
    }

    [Fact]
    public async Task Font_is_not_compressed_again()
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, "/assets/inter-x.woff2", "br");

        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.Empty(response.Headers.Vary);
        Assert.Equal(Font, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task File_that_compression_does_not_shrink_is_sent_uncompressed()
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, "/assets/icon-x.svg", "gzip");

        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.Equal("<svg/>", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Head_gets_only_the_headers()
    {
        using HttpResponseMessage got = await SendAsync(HttpMethod.Get, Script, "br");
        using HttpResponseMessage head = await SendAsync(HttpMethod.Head, Script, "br");

        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(got.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Equal(got.Headers.ETag, head.Headers.ETag);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        AssertSafe(head);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task Other_methods_are_refused(string method)
    {
        using HttpResponseMessage response = await SendAsync(new HttpMethod(method), "/");

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["GET", "HEAD"], response.Content.Headers.Allow);
        AssertSafe(response);
    }

    [Theory]
    [InlineData("/assets/index-gone.js")]
    [InlineData("/assets/")]
    [InlineData("/assets/../odd.thing/x")]
    public async Task Unknown_file_is_not_found(string path)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, path);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Concurrent_first_requests_all_get_the_whole_script()
    {
        HttpResponseMessage[] all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SendAsync(HttpMethod.Get, Script, "br"))).Within();

        foreach (HttpResponseMessage response in all)
        {
            Assert.Equal(Code, Decompress(await response.Content.ReadAsByteArrayAsync(), "br"));
            response.Dispose();
        }
    }

    [Fact]
    public void Live_page_replaces_an_app_that_was_not_built() =>
        Assert.Equal(
            ["index.html", "live.css", "live.js"],
            FrontendFiles.Read(FrontendFiles.LivePage).Select(file => file.Path).Order(StringComparer.Ordinal));

    [Fact]
    public void Either_the_app_or_the_live_page_is_served()
    {
        IReadOnlyList<FrontendFile> app = FrontendFiles.Read(FrontendFiles.App);

        IReadOnlyList<string> served = [.. FrontendFiles.Embedded().Select(file => file.Path)];

        Assert.Equal((app.Count > 0 ? app : FrontendFiles.Read(FrontendFiles.LivePage)).Select(file => file.Path), served);
        Assert.Contains(FrontendFile.Index, served);
    }

    private static WebApplication MakeApp()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton(new FanoutOptions()).AddSingleton(TimeProvider.System);
        WebApplication app = builder.Build();
        app.UseResponseHeaders();
        app.MapFrontend(
        [
            new FrontendFile("index.html", Page),
            new FrontendFile(Script[1..], Code),
            new FrontendFile("assets/index-x.css", Code),
            new FrontendFile("assets/inter-x.woff2", Font),
            new FrontendFile("assets/icon-x.svg", "<svg/>"u8.ToArray()),
            new FrontendFile("app.webmanifest", Page),
            new FrontendFile("sw.js", Code),
            new FrontendFile("icons/icon-192.png", Font),
            new FrontendFile("odd.thing", Font),
        ]);
        return app;
    }

    private static byte[] Decompress(byte[] sent, string coding)
    {
        using Stream packed = new MemoryStream(sent);
        using Stream plain = coding switch
        {
            "br" => new BrotliStream(packed, CompressionMode.Decompress),
            "gzip" => new GZipStream(packed, CompressionMode.Decompress),
            _ => packed,
        };
        var content = new MemoryStream();
        plain.CopyTo(content);
        return content.ToArray();
    }

    private static void AssertSafe(HttpResponseMessage response)
    {
        Assert.Equal(Policy, string.Join(", ", response.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal("nosniff", string.Join(", ", response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("no-referrer", string.Join(", ", response.Headers.GetValues("Referrer-Policy")));
        Assert.Equal("same-origin", string.Join(", ", response.Headers.GetValues("Cross-Origin-Opener-Policy")));
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? accepted = null, string? ifNoneMatch = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(RelayHost.Addresses(_app).Single() + path));
        if (accepted is not null) request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        if (ifNoneMatch is not null) request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        return await Client.SendAsync(request).Within();
    }
}
