using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Health;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Tests.Delivery;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>The client address behind used proxy. One connection is allowed for each address.</summary>
public sealed class ClientAddressTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Theory]
    [InlineData("203.0.113.7", "203.0.113.8", 101)]
    [InlineData("203.0.113.7", "203.0.113.7", 503)]
    [InlineData("203.0.113.7", "203.0.113.9, 203.0.113.7", 503)] // the client's own claim is on the left
    [InlineData("203.0.113.7", "203.0.113.7, 127.0.0.9", 503)] // a second trusted proxy
    [InlineData("2001:db8::7", "2001:db8::ff00:0:0:8", 503)] // the same /64
    [InlineData("2001:db8::7", "2001:db8:0:1::7", 101)]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7", 503)]
    public async Task Forwarded_address_from_a_trusted_proxy_is_used(string first, string second, int status)
    {
        await using RunningRelay relay = await StartAsync(connections => connections with { TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")] });
        await using RawClient one = await RawClient.ConnectAsync(relay.Port);
        await using RawClient two = await RawClient.ConnectAsync(relay.Port);

        Assert.Equal(101, (await one.RequestAsync(RawClient.UpgradeRequest(("X-Forwarded-For", first)))).Status);
        Assert.Equal(status, (await two.RequestAsync(RawClient.UpgradeRequest(("X-Forwarded-For", second)))).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.0/8")]
    public async Task Forwarded_address_from_an_untrusted_peer_is_ignored(string trusted)
    {
        await using RunningRelay relay =
            await StartAsync(connections => connections with { TrustedProxies = trusted.Length == 0 ? [] : [IPNetwork.Parse(trusted)] });
        await using RawClient one = await RawClient.ConnectAsync(relay.Port);
        await using RawClient two = await RawClient.ConnectAsync(relay.Port);

        Assert.Equal(101, (await one.RequestAsync(RawClient.UpgradeRequest(("X-Forwarded-For", "203.0.113.7")))).Status);
        Assert.Equal(503, (await two.RequestAsync(RawClient.UpgradeRequest(("X-Forwarded-For", "203.0.113.8")))).Status);
    }

    [Fact]
    public async Task Proxy_protocol_header_from_a_trusted_proxy_sets_the_client_address()
    {
        await using RunningRelay relay = await StartAsync(TrustLoopback);
        await using RawClient one = await RawClient.ConnectAsync(relay.Port);
        await using RawClient same = await RawClient.ConnectAsync(relay.Port);
        await using RawClient other = await RawClient.ConnectAsync(relay.Port);

        Assert.Equal(101, (await one.RequestAsync(From("203.0.113.7"))).Status);
        Assert.Equal(503, (await same.RequestAsync(From("203.0.113.7"))).Status);
        Assert.Equal(101, (await other.RequestAsync(From("203.0.113.8"))).Status);

        static string From(string address) => Header(address) + RawClient.UpgradeRequest();
    }

    [Fact]
    public async Task Proxy_protocol_header_precedes_tls()
    {
        await using RunningRelay relay = await StartAsync(TrustLoopback, tls: true);
        using var socket = new TcpClient("127.0.0.1", relay.Port);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Header("203.0.113.7"))).AsTask().Within();
        await using var stream = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await stream.AuthenticateAsClientAsync("localhost").Within();
        await stream.WriteAsync(Encoding.ASCII.GetBytes("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")).AsTask().Within();
        using var reader = new StreamReader(stream);

        Assert.Equal("HTTP/1.1 200 OK", await reader.ReadLineAsync().Within());
    }

    [Fact]
    public async Task Trusted_proxy_without_the_header_is_closed_counted_and_logged()
    {
        await using RunningRelay relay = await StartAsync(TrustLoopback);
        await using RawClient plain = await RawClient.ConnectAsync(relay.Port);

        await plain.SendAsync(Encoding.ASCII.GetBytes(RawClient.UpgradeRequest()));

        Assert.Empty(await plain.ReadToEndAsync());
        await Eventually.TrueAsync(() => relay.Get<AcceptedSockets>().CutFor(SocketCut.ProxyHeader) == 1);
        await Eventually.TrueAsync(() => relay.Logs.Lines.Any(line => line.Text.Contains("send-proxy-v2", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Silent_trusted_proxy_is_closed_after_the_handshake_timeout()
    {
        await using RunningRelay relay = await StartAsync(connections => TrustLoopback(connections) with { HandshakeTimeout = TimeSpan.FromSeconds(0.2) });
        await using RawClient silent = await RawClient.ConnectAsync(relay.Port);

        Assert.Empty(await silent.ReadToEndAsync());
        await Eventually.TrueAsync(() => relay.Get<AcceptedSockets>() is { Count: 0 } sockets && sockets.CutFor(SocketCut.ProxyHeader) == 1);
    }

    [Fact]
    public async Task Untrusted_peer_connects_without_a_proxy_header()
    {
        await using RunningRelay relay =
            await StartAsync(connections => connections with { ProxyProtocol = true, TrustedProxies = [IPNetwork.Parse("10.0.0.0/8")] });
        await using RawClient plain = await RawClient.ConnectAsync(relay.Port);

        Assert.Equal(101, (await plain.RequestAsync(RawClient.UpgradeRequest())).Status);
    }

    private static string Header(string address) => $"PROXY TCP4 {address} 10.0.0.1 40000 5221\r\n";

    private static ConnectionOptions TrustLoopback(ConnectionOptions connections) =>
        connections with { ProxyProtocol = true, TrustedProxies = [IPNetwork.Parse("127.0.0.1/32")] };

    private async Task<RunningRelay> StartAsync(Func<ConnectionOptions, ConnectionOptions> change, bool tls = false)
    {
        RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with
            {
                Tls = tls ? new TlsOptions { CertificateFile = TestCertificate.File } : options.Tls,
                Connections = change(options.Connections) with { MaxConnectionsPerAddress = 1 },
            },
            untilReady: false);
        await Eventually.TrueAsync(() => relay.Get<Readiness>().Look().All(check => check.Status == CheckStatus.Ok));
        return relay;
    }
}
