using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>deploy/CONFIGURATION.md, <i>Certificates and SIGHUP</i>: reload of changed files, and the expiry.</summary>
public sealed class CertificateWatchTests(RealRedis redis) : IClassFixture<RealRedis>, IDisposable
{
    private static readonly DateTimeOffset End = DateTimeOffset.UnixEpoch.AddYears(100);

    private readonly string _directory = Directory.CreateTempSubdirectory("relay-certificates-").FullName;

    private string CertificateFile => Path.Combine(_directory, "certificate.pem");

    private string KeyFile => Path.Combine(_directory, "key.pem");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Changed_files_are_used_when_they_have_settled()
    {
        WriteCertificate(End);
        var certificate = new ServerCertificate(CertificateFile, KeyFile, TimeProvider.System);
        object before = certificate.Context;
        Assert.Equal(CertificateReload.Unchanged, certificate.ReloadIfChanged());

        // Between the writes of the two files, they do not match.
        string key = File.ReadAllText(KeyFile);
        WriteCertificate(End.AddYears(1));
        string renewed = File.ReadAllText(KeyFile);
        File.WriteAllText(KeyFile, key);
        Assert.Equal(CertificateReload.Unchanged, certificate.ReloadIfChanged());
        File.WriteAllText(KeyFile, renewed);
        Assert.Equal(CertificateReload.Unchanged, certificate.ReloadIfChanged());
        Assert.Same(before, certificate.Context);

        Assert.Equal(CertificateReload.Reloaded, certificate.ReloadIfChanged());
        Assert.Equal(End.AddYears(1), certificate.NotAfter);
        Assert.Equal(CertificateReload.Unchanged, certificate.ReloadIfChanged());
        Assert.Equal((0, null), (certificate.Failures, certificate.Fault));
    }

    [Fact]
    public void Unusable_files_are_counted_once_and_the_previous_certificate_stays()
    {
        WriteCertificate(End);
        var certificate = new ServerCertificate(CertificateFile, KeyFile, TimeProvider.System);
        string usable = File.ReadAllText(CertificateFile);
        object before = certificate.Context;

        File.WriteAllText(CertificateFile, "no certificate");
        CertificateReload[] unusable = [.. Enumerable.Range(0, 4).Select(_ => certificate.ReloadIfChanged())];
        File.Delete(CertificateFile);
        CertificateReload[] missing = [.. Enumerable.Range(0, 4).Select(_ => certificate.ReloadIfChanged())];

        Assert.Equal([CertificateReload.Unchanged, CertificateReload.Failed, CertificateReload.Unchanged, CertificateReload.Unchanged], unusable);
        Assert.Equal([CertificateReload.Unchanged, CertificateReload.Failed, CertificateReload.Unchanged, CertificateReload.Unchanged], missing);
        Assert.Equal(2, certificate.Failures);
        Assert.NotNull(certificate.Fault);
        Assert.Same(before, certificate.Context);

        File.WriteAllText(CertificateFile, usable);
        Assert.Equal([CertificateReload.Unchanged, CertificateReload.Reloaded], [certificate.ReloadIfChanged(), certificate.ReloadIfChanged()]);
        Assert.Null(certificate.Fault);
    }

    [Fact]
    public void Expiry_is_that_of_the_first_certificate_of_the_chain()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 root = Request("CN=root", rootKey, isAuthority: true).CreateSelfSigned(DateTimeOffset.UnixEpoch, End);
        using X509Certificate2 bare = Request("CN=middle", middleKey, isAuthority: true).Create(root, DateTimeOffset.UnixEpoch, End.AddYears(-2), [1]);
        using X509Certificate2 middle = bare.CopyWithPrivateKey(middleKey);
        // A generator, since the other overload does not issue a certificate that expires later than its issuer's.
        using X509Certificate2 own = Request("CN=localhost", key, isAuthority: false).Create(
            middle.SubjectName, X509SignatureGenerator.CreateForECDsa(middleKey), DateTimeOffset.UnixEpoch, End, [2]);
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());

        File.WriteAllText(CertificateFile, own.ExportCertificatePem() + "\n" + middle.ExportCertificatePem());
        Assert.Equal(End.AddYears(-2), new ServerCertificate(CertificateFile, KeyFile, TimeProvider.System).NotAfter);
    }

    /// <summary>The files are read for each connection to Redis, and a connection may last longer than a certificate.</summary>
    [Fact]
    public void Expiry_of_the_client_certificate_for_redis_follows_its_files()
    {
        WriteCertificate(End);
        Assert.True(RedisCertificates.TryLoad("", CertificateFile, KeyFile, out RedisCertificates? certificates, out _, out string? error), error);
        var watch = new CertificateWatch(null, certificates, new ConnectionOptions(), TimeProvider.System, NullLogger<CertificateWatch>.Instance);
        Assert.Equal(new CertificateExpiry(WatchedCertificate.RedisClient, End), Assert.Single(watch.Expiries));

        WriteCertificate(End.AddYears(1));
        watch.Look();

        Assert.Equal(End.AddYears(1), Assert.Single(watch.Expiries).NotAfter);
        Assert.Empty(
            new CertificateWatch(null, RedisCertificates.None, new ConnectionOptions(), TimeProvider.System, NullLogger<CertificateWatch>.Instance).Expiries);
    }

    [Fact]
    public async Task Readiness_warns_before_the_expiry_and_after_it_and_renewed_files_end_the_warning()
    {
        var clock = new ShiftedTime(TimeSpan.Zero);
        DateTimeOffset notAfter = DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds()).AddDays(20);
        WriteCertificate(notAfter);
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Tls = new Cecelia.Relay.Hosting.TlsOptions { CertificateFile = CertificateFile, KeyFile = KeyFile } },
            replace: services => services.AddSingleton<TimeProvider>(clock));

        Assert.Equal(("ok", $"expires at {notAfter:u}"), await CheckAsync(relay));
        Assert.Equal(
            notAfter.ToUnixTimeSeconds(), (await MetricsTests.ReadAsync(relay))["""relay_certificate_not_after_seconds{certificate="server"}"""]);

        clock.Shift = TimeSpan.FromDays(6.5);
        Assert.Equal(("warn", $"expires at {notAfter:u}"), await CheckAsync(relay));
        clock.Shift = TimeSpan.FromDays(20.5);
        Assert.Equal(("warn", $"expired at {notAfter:u}: clients that verify it do not connect"), await CheckAsync(relay));

        WriteCertificate(notAfter.AddDays(90));
        await Eventually.TrueAsync(async () => (await CheckAsync(relay)).Status == "ok");
        // The certificate is in use before the line is written.
        await Eventually.TrueAsync(
            () => relay.Logs.Lines.Any(line => line.Text.StartsWith("Changed files: the certificate was reloaded", StringComparison.Ordinal)));
    }

    /// <summary>Returns the check, and requires that the instance is ready whatever its status.</summary>
    private static async Task<(string? Status, string? Why)> CheckAsync(RunningRelay relay)
    {
        // After a step of the clock, the link to Redis is proven again by its next probe.
        JsonElement ready = default;
        await Eventually.TrueAsync(async () => (ready = await relay.GetJsonAsync("/readyz")).GetProperty("status").GetString() == "ready");
        JsonElement check = ready.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == "certificate_expiry");
        return (check.GetProperty("status").GetString(), check.GetProperty("why").GetString());
    }

    private static CertificateRequest Request(string name, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        return request;
    }

    private void WriteCertificate(DateTimeOffset notAfter)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = Request("CN=localhost", key, isAuthority: false).CreateSelfSigned(DateTimeOffset.UnixEpoch, notAfter);
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
    }
}
