using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Duties;
using Cecelia.Relay.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Cecelia.Relay.Tests.Deployment;

/// <summary>
/// Each alert of <c>deploy/observability/alerts.yml</c> fires in a real Prometheus when its condition is caused in a real relay. Without Prometheus, the tests
/// do nothing, and deploy/test.sh says so. Runs alone, because the causes include shortages.
/// </summary>
[Collection(SerialTests.Name)]
public sealed class AlertCauseTests(PrometheusServer prometheus) : IClassFixture<PrometheusServer>, IAsyncLifetime
{
    private static readonly Dictionary<string, Func<AlertCauseTests, Task<Uri?>>> Causes = new()
    {
        ["RelayAbsent"] = _ => Task.FromResult<Uri?>(null),
        ["RelayDown"] = test => test.StopAsync(),
        ["RelayDutyFailed"] = test => test.FailDutyAsync(),
        ["RelayAcceptingPaused"] = test => test.OpenTooManySocketsAsync(),
        ["RelayCertificateExpires"] = test => test.ServeAsync(expiresInDays: 10),
        ["RelayCertificateReloadFailed"] = test => test.BreakCertificateAsync(),
        ["RelayWithoutRedis"] = test => test.StopRedisAsync(),
        ["RelayChannelRefused"] = test => test.RefuseChannelAsync(),
        ["RelayRunsFailing"] = test => test.RefusePostgresAsync(),
        ["RelayEventsRefused"] = test => test.PublishAsync("no JSON"),
        ["RelayEventsDropped"] = test => test.FillQueueAsync(),
        ["RelayGap"] = test => test.PublishAsync("""{"event":"e","source":"s","seq":1}""", """{"event":"e","source":"s","seq":3}"""),
        ["RelayStateMissing"] = test => test.RefuseStateAsync(),
        ["RelayHandoffCopyFailed"] = test => test.FillRedisAsync(),
        ["RelayStateEvicted"] = test => test.FillStateAsync(),
        ["RelaySilentWork"] = test => test.StaySilentAsync(),
        ["RelayLag"] = test => test.DelayAsync(),
        ["RelaySlowClients"] = test => test.ReadSlowlyAsync(),
        ["RelayClientsRefused"] = test => test.ConnectTooManyAsync(),
        ["RelayRequestsLimited"] = test => test.RequestTooMuchAsync(),
        ["RelayCommandsFailed"] = test => test.CommandAsync(),
        ["RelayAuditOmitted"] = test => test.CommandTooMuchAsync(),
    };

    private readonly List<IAsyncDisposable> _started = [];
    private readonly string _certificate = Path.GetTempFileName();
    private RedisServer _redis = null!;

    public static TheoryData<string> Alerts => [.. AlertTests.Names];

    private RedisUrl Url => RedisUrl.For("127.0.0.1", _redis.Port);

    public async Task InitializeAsync() => _redis = await RedisServer.StartAsync();

    public async Task DisposeAsync()
    {
        for (int i = _started.Count - 1; i >= 0; i--) await _started[i].DisposeAsync();
        await _redis.DisposeAsync();
        if (PrometheusServer.IsInstalled) await prometheus.WatchAsync(null);
        File.Delete(_certificate);
    }

    [Theory]
    [MemberData(nameof(Alerts))]
    public async Task Alert_fires_when_its_condition_is_caused(string alert)
    {
        Assert.True(Causes.TryGetValue(alert, out Func<AlertCauseTests, Task<Uri?>>? cause), $"no test causes {alert}");
        if (!PrometheusServer.IsInstalled) return;

        Uri? target = await cause(this);

        await prometheus.WaitForAsync(alert, target);
    }

    [Fact]
    public async Task No_alert_fires_for_a_relay_that_works()
    {
        if (!PrometheusServer.IsInstalled) return;
        RunningRelay relay = await WatchAsync();
        await using TestClient client = await relay.ConnectAsync();
        await _redis.PublishAsync(EventPublisher.Channel, Numbered.Payload(1));
        await client.ReceiveAsync();

        // More scrapes, and the evaluations of what they found.
        await prometheus.WatchAsync(relay.Http, scrapes: 8);

        Assert.Empty(await prometheus.FiringAsync(relay.Http));
    }

    private static RelayOptions Copying(RelayOptions options) =>
        options with { Recovery = new RecoveryOptions { KeepInterval = TimeSpan.FromMilliseconds(50) } };

    [Fact]
    public async Task Exemplars_of_the_lag_are_read_by_prometheus()
    {
        if (!PrometheusServer.IsInstalled) return;
        RunningRelay relay = await WatchAsync(options => options with { Fanout = options.Fanout with { TraceRatio = 1 } });
        await using TestClient client = await relay.ConnectAsync();

        await _redis.PublishAsync(
            EventPublisher.Channel, """{"event":"e","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","data":{}}""");
        await client.ReceiveAsync();

        System.Text.Json.JsonElement labels = await prometheus.WaitForExemplarAsync("relay_event_lag_seconds_bucket");
        Assert.Equal("4bf92f3577b34da6a3ce929d0e0e4736", labels.GetProperty("trace_id").GetString());
    }

    /// <summary>Starts a relay that Prometheus scrapes.</summary>
    private async Task<RunningRelay> WatchAsync(
        Func<RelayOptions, RelayOptions>? change = null, RedisUrl? redis = null, TimeProvider? time = null, bool untilReady = true)
    {
        RunningRelay relay = await RunningRelay.StartAsync(
            redis ?? Url, change, untilReady, services =>
            {
                if (time is not null) services.AddSingleton(time);
            });
        _started.Add(relay);
        await prometheus.WatchAsync(relay.Http);
        return relay;
    }

    private async Task<Uri?> StopAsync()
    {
        RunningRelay relay = await WatchAsync();
        await relay.StopAsync();
        return relay.Http;
    }

    private async Task<Uri?> FailDutyAsync()
    {
        var time = new FaultyTime();
        RunningRelay relay = await WatchAsync(Copying, time: time);
        relay.ExpectsErrors = true;
        time.HasTimers = false;
        await Eventually.TrueAsync(() => relay.Get<Cecelia.Relay.Duties.DutySet>().All.Any(duty => duty.Failures > 0));
        time.HasTimers = true;
        return relay.Http;
    }

    private async Task<Uri?> OpenTooManySocketsAsync()
    {
        RunningRelay relay = await WatchAsync(options => options with { Connections = options.Connections with { MaxSockets = 8 } });
        for (int i = 0; i < 16; i++) _started.Add(await RawClient.ConnectAsync(relay.Port));
        return relay.Http;
    }

    private async Task<Uri?> ServeAsync(int expiresInDays)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(
            DateTimeOffset.UnixEpoch, TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(expiresInDays));
        await File.WriteAllTextAsync(_certificate, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        return (await WatchAsync(options => options with { Tls = options.Tls with { CertificateFile = _certificate } })).Http;
    }

    private async Task<Uri?> BreakCertificateAsync()
    {
        Uri? target = await ServeAsync(expiresInDays: 100);
        await File.WriteAllTextAsync(_certificate, "no certificate");
        ((RunningRelay)_started[^1]).Get<CertificateWatch>().ReloadNow();
        return target;
    }

    private async Task<Uri?> StopRedisAsync()
    {
        RunningRelay relay = await WatchAsync();
        await _redis.StopAsync();
        return relay.Http;
    }

    private async Task<Uri?> RefuseChannelAsync()
    {
        await _redis.CommandAsync("ACL", "SETUSER", "default", "resetchannels", "&cecelia:events", "&cecelia:relay:*");
        RunningRelay relay = await WatchAsync(untilReady: false);
        relay.ExpectsErrors = true;
        return relay.Http;
    }

    private async Task<Uri?> RefusePostgresAsync()
    {
        Assert.True(PostgresUrl.TryParse("postgresql://127.0.0.1:1/brain", out PostgresUrl? postgres, out _));
        return (await WatchAsync(options => options with { Postgres = new PostgresOptions { Url = postgres } })).Http;
    }

    private async Task<Uri?> PublishAsync(params string[] payloads)
    {
        RunningRelay relay = await WatchAsync();
        foreach (string payload in payloads) await _redis.PublishAsync(EventPublisher.Channel, payload);
        return relay.Http;
    }

    private async Task<Uri?> FillQueueAsync()
    {
        RunningRelay relay = await WatchAsync(options => options with { Ingest = options.Ingest with { QueueBytes = 64 * 1024 } });
        relay.ExpectsErrors = true;
        IngestQueue queue = relay.Get<IngestQueue>();
        using var decoding = new SemaphoreSlim(0);
        queue.Add(() => decoding.Wait(TestTimeouts.Default));
        string padding = new('x', 10_000);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(Url);
        await publisher.PublishAsync(Numbered.Payloads(0, 100, padding));
        await Eventually.TrueAsync(() => relay.Get<IngestThread>().Count().Dropped > 0);
        decoding.Release();
        return relay.Http;
    }

    private async Task<Uri?> RefuseStateAsync()
    {
        await _redis.CommandAsync("ACL", "SETUSER", "poor", "on", ">s3cr3t", "+@all", "allchannels", "~cecelia:relay:postgres:*");
        _started.Add(await RunningRelay.StartAsync(Url, options => options with { Recovery = new RecoveryOptions() }));
        RedisUrl restricted = LinkHarness.Parse($"redis://poor:s3cr3t@127.0.0.1:{_redis.Port}");
        return (await WatchAsync(options => options with { Recovery = new RecoveryOptions() }, restricted, untilReady: false)).Http;
    }

    private async Task<Uri?> FillRedisAsync()
    {
        RunningRelay relay = await WatchAsync(Copying);
        await _redis.CommandAsync("CONFIG", "SET", "maxmemory", "1");
        await _redis.PublishAsync(EventPublisher.Channel, Numbered.Payload(1));
        return relay.Http;
    }

    private async Task<Uri?> FillStateAsync()
    {
        RunningRelay relay = await WatchAsync(options => options with { State = options.State with { MaxEntities = 1 } });
        foreach (string id in (string[])["t1", "t2"])
        {
            await _redis.PublishAsync(EventPublisher.Channel, $$$"""{"event":"task:started","data":{"taskId":"{{{id}}}"}}""");
        }

        return relay.Http;
    }

    private async Task<Uri?> StaySilentAsync()
    {
        var time = new ShiftedTime(TimeSpan.Zero);
        RunningRelay relay = await WatchAsync(time: time);
        await _redis.PublishAsync(EventPublisher.Channel, """{"event":"task:started","data":{"taskId":"t1"}}""");
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == 1);
        time.Shift = TimeSpan.FromHours(1);
        return relay.Http;
    }

    private async Task<Uri?> DelayAsync()
    {
        RunningRelay relay = await WatchAsync();
        await using TestClient client = await relay.ConnectAsync();
        DateTimeOffset before = TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(8);
        string timestamp = before.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);
        await _redis.PublishAsync(EventPublisher.Channel, $$"""{"event":"e","timestamp":"{{timestamp}}"}""");
        await client.ReceiveAsync();
        return relay.Http;
    }

    private async Task<Uri?> ReadSlowlyAsync()
    {
        const int Small = 8 * 1024;
        RunningRelay relay = await WatchAsync(
            // It reads nothing until all is published, which may take a while, and is not to be closed as stalled.
            o => o with { Fanout = o.Fanout with { BufferBytes = 256 * 1024, SendBufferBytes = Small, SendTimeout = TestTimeouts.Default } });
        await using RawClient slow = await relay.ConnectRawAsync(receiveBufferBytes: Small);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(Url);
        string padding = new('x', 1000);
        for (int published = 0; published < 4000; published += 50) await publisher.PublishAsync(Numbered.Payloads(published, 50, padding));
        while (relay.Get<PumpSet>().Missed == 0)
        {
            await publisher.PublishAsync(Numbered.Payload(4000, padding));
            await slow.ReadMessageAsync();
        }

        return relay.Http;
    }

    private async Task<Uri?> ConnectTooManyAsync()
    {
        RunningRelay relay = await WatchAsync(options => options with { Connections = options.Connections with { MaxConnections = 1 } });
        await using TestClient first = await relay.ConnectAsync();
        await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => relay.ConnectAsync());
        return relay.Http;
    }

    private async Task<Uri?> RequestTooMuchAsync()
    {
        int adminPort = RedisServer.FreePort();
        RunningRelay relay = await RunningRelay.StartAsync(
            Url, options => options with { AdminPort = adminPort, Connections = options.Connections with { MaxRequestsPerAddress = 1 } });
        _started.Add(relay);
        // Scrapes do not count there.
        Uri target = new UriBuilder(relay.Http) { Port = adminPort }.Uri;
        await prometheus.WatchAsync(target);
        await Eventually.TrueAsync(async () => (await relay.GetAsync("/api/v1/state")).Status == System.Net.HttpStatusCode.TooManyRequests);
        return target;
    }

    private async Task<Uri?> CommandAsync()
    {
        RunningRelay relay = await WatchAsync();
        await using TestClient client = await relay.ConnectAsync();
        await client.SendAsync("""{"cmd":"start_session"}""");
        await client.ReceiveAsync();
        return relay.Http;
    }

    private async Task<Uri?> CommandTooMuchAsync()
    {
        RunningRelay relay = await WatchAsync(options => options with { Commands = options.Commands with { AuditMaxPerSecond = 1 } });
        await using TestClient client = await relay.ConnectAsync();
        while (relay.Get<Cecelia.Relay.Commands.CommandAudit>().Omitted == 0)
        {
            await client.SendAsync("""{"cmd":"unknown"}""");
            await client.ReceiveAsync();
        }

        return relay.Http;
    }
}
