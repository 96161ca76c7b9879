using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>SIGHUP: without a terminal it reloads the certificate and ends nothing; with a terminal it is a request to end.</summary>
public sealed class HangUpTests(RealRedis redis) : IClassFixture<RealRedis>, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("relay-hangup-").FullName;

    private string CertificateFile => Path.Combine(_directory, "certificate.pem");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Hang_up_reloads_the_certificate_and_keeps_the_previous_one_if_that_fails()
    {
        byte[] first = WriteCertificate();
        await using RelayProcess relay = RelayProcess.Start(
            RedisServer.FreePort(), ("CECELIA_REDIS_URL", redis.Url.ToString()), ("CECELIA_TLS_CERTIFICATE", CertificateFile));
        await WaitForCertificateAsync(relay, first);
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        Uri ready = new($"https://127.0.0.1:{relay.Port}/readyz");
        Uri metrics = new($"https://127.0.0.1:{relay.Port}/metrics");
        await Eventually.TrueAsync(async () => (await http.GetAsync(ready).Within()).IsSuccessStatusCode, TestTimeouts.Default, () => relay.Output);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient client = await TestClient.ConnectAsync(new Uri($"wss://127.0.0.1:{relay.Port}/ws"));

        byte[] second = WriteCertificate();
        relay.HangUp();
        await WaitForCertificateAsync(relay, second);

        await File.WriteAllTextAsync(CertificateFile, "no certificate");
        relay.HangUp();
        await Eventually.TrueAsync(
            async () => (await http.GetStringAsync(ready).Within()).Contains("the last reload failed", StringComparison.Ordinal),
            TestTimeouts.Default,
            () => relay.Output);
        await WaitForCertificateAsync(relay, second);
        Assert.Contains("relay_tls_reload_failures_total 1", (await http.GetStringAsync(metrics).Within()).Split('\n'));
        await Eventually.TrueAsync(
            () => relay.Output.Contains("the previous one stays in use", StringComparison.Ordinal),
            TestTimeouts.Default,
            () => relay.Output);

        byte[] third = WriteCertificate();
        relay.HangUp();
        await WaitForCertificateAsync(relay, third);
        await Eventually.TrueAsync(
            async () => !(await http.GetStringAsync(ready).Within()).Contains("the last reload failed", StringComparison.Ordinal),
            TestTimeouts.Default,
            () => relay.Output);

        // The connection with the first certificate is still open.
        await publisher.PublishAsync(Numbered.Payload(1));
        Assert.Equal(1, Numbered.Of(await client.ReceiveAsync()));
    }

    [Fact]
    public async Task Hang_up_without_a_certificate_is_logged_and_clients_stay()
    {
        await using RelayProcess relay = RelayProcess.Start(RedisServer.FreePort(), ("CECELIA_REDIS_URL", redis.Url.ToString()));
        await relay.ReadyAsync();
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient client = await TestClient.ConnectAsync(relay.WebSocket);

        relay.HangUp();
        await Eventually.TrueAsync(
            () => relay.HasExited || relay.Output.Contains("SIGHUP: no certificate is configured", StringComparison.Ordinal),
            TestTimeouts.Default,
            () => relay.Output);
        await publisher.PublishAsync(Numbered.Payload(1));

        Assert.Equal(1, Numbered.Of(await client.ReceiveAsync()));
        relay.Terminate();
        Assert.True(await relay.ExitAsync() == 0, relay.Output);
    }

    [Fact]
    public async Task Hang_up_of_a_terminal_shuts_the_relay_down_gracefully()
    {
        // `script` provides a terminal to the relay, and exits with its exit code.
        await using RelayProcess relay = RelayProcess.StartIn(
            "exec script -qefc \"exec $*\" /dev/null", RedisServer.FreePort(), ("CECELIA_REDIS_URL", redis.Url.ToString()), ("SHELL", "/bin/sh"));
        await relay.ReadyAsync();
        Assert.Contains("Press Ctrl+C to stop it", relay.Output, StringComparison.Ordinal);

        relay.HangUpChild();

        Assert.True(await relay.ExitAsync() == 0, relay.Output);
    }

    [Fact]
    public async Task Intermediate_certificates_are_sent_with_the_relays_own()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset end = DateTimeOffset.UnixEpoch.AddYears(100);
        using X509Certificate2 root = Request("CN=root", rootKey, isAuthority: true).CreateSelfSigned(DateTimeOffset.UnixEpoch, end);
        using X509Certificate2 bare = Request("CN=middle", middleKey, isAuthority: true).Create(root, DateTimeOffset.UnixEpoch, end, [1]);
        using X509Certificate2 middle = bare.CopyWithPrivateKey(middleKey);
        using X509Certificate2 own = Request("CN=localhost", key, isAuthority: false).Create(middle, DateTimeOffset.UnixEpoch, end, [2]);
        await File.WriteAllTextAsync(
            CertificateFile, own.ExportCertificatePem() + "\n" + middle.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Tls = new Cecelia.Relay.Hosting.TlsOptions { CertificateFile = CertificateFile } });

        (byte[] served, string[] others) = await HandshakeAsync(relay.Port);

        Assert.Equal(own.RawData, served);
        Assert.Contains("CN=middle", others);
    }

    private static CertificateRequest Request(string name, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        return request;
    }

    /// <summary>Writes a new certificate with its key.</summary>
    private byte[] WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = Request("CN=localhost", key, isAuthority: false).CreateSelfSigned(
            DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        return certificate.RawData;
    }

    /// <summary>Completes when a new connection gets this certificate.</summary>
    private static Task<TimeSpan> WaitForCertificateAsync(RelayProcess relay, byte[] certificate) => Eventually.TrueAsync(
        async () =>
        {
            Assert.False(relay.HasExited, relay.Output);
            try
            {
                return (await HandshakeAsync(relay.Port)).Served.SequenceEqual(certificate);
            }
            catch (SocketException)
            {
                return false;
            }
        },
        TestTimeouts.Default,
        () => relay.Output);

    private static async Task<(byte[] Served, string[] Others)> HandshakeAsync(int port)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync("127.0.0.1", port).Within();
        byte[] served = [];
        string[] others = [];
        await using var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, (_, certificate, chain, _) =>
        {
            served = certificate!.GetRawCertData();
            others = [.. chain!.ChainPolicy.ExtraStore.Select(other => other.Subject)];
            return true;
        });
        await tls.AuthenticateAsClientAsync("localhost").Within();
        return (served, others);
    }
}
