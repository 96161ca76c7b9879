using Cecelia.Relay.Redis;
using Xunit.Abstractions;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>Certificates for Redis that are renewed while the relay runs.</summary>
public sealed class RedisCertificatesTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("relay-tls-").FullName;

    private string Authority => Path.Combine(_folder, "ca.pem");

    private string Own => Path.Combine(_folder, "own.pem");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Renewed_files_are_used_for_the_next_connection_and_invalid_ones_are_not()
    {
        await using RedisServer redis = await RedisServer.StartAsync(
            new RedisServerOptions { Tls = true, OnThisMachine = true, ExtraArguments = ["--tls-ca-cert-file", RedisCertificate.CertificateFile] });
        Assert.Equal("OK", await redis.CommandAsync("CONFIG", "SET", "tls-auth-clients", "yes"));
        Write(Authority, redis.Certificate!.Certificate);
        WriteOwn(RedisCertificate.Create());
        Assert.True(RedisCertificates.TryLoad(Authority, Own, "", out RedisCertificates? certificates, out _, out string? error), error);
        RedisUrl url = LinkHarness.Parse(redis.Url).WithCertificates(certificates);
        await using var harness = new LinkHarness(url);
        // Redis does not trust the authority of this one.
        await Eventually.TrueAsync(
            () => harness.Link.Status.Reason?.Contains("it may want another client certificate", StringComparison.Ordinal) == true,
            describe: () => harness.Link.Status.ToString());
        output.WriteLine(harness.Link.Status.Reason);

        WriteOwn(redis.Certificate);
        await harness.WaitUntilSubscribedAsync();
        Assert.Null(certificates.Fault);

        // As in the middle of a renewal. The restarted Redis requires no certificate, but its own is still validated against the first authority.
        Write(Authority, "no certificate"u8.ToArray());
        Write(Own, "no certificate either"u8.ToArray());
        await redis.RestartAsync();
        await Eventually.TrueAsync(
            () => certificates.Fault is not null && harness.Link.Status.Status == RedisLinkStatusKind.Subscribed,
            describe: () => $"{harness.Link.Status}\n{harness.AllLogged}");

        Assert.Equal($"names the PEM file {Authority}, which cannot be used: it has no certificate", certificates.Fault);
    }

    [Fact]
    public void Unchanged_files_return_the_same_certificate()
    {
        RedisCertificate certificate = RedisCertificate.Create();
        WriteOwn(certificate);
        Assert.True(RedisCertificates.TryLoad("", Own, "", out RedisCertificates? certificates, out _, out string? error), error);

        Assert.Same(certificates.ForConnection().Own, certificates.ForConnection().Own);
        Assert.Null(certificates.ForConnection().Policy);
        Assert.True(certificate.Equals(certificates.ForConnection().Own!.TargetCertificate));
    }

    private static void Write(string file, byte[] content) => File.WriteAllBytes(file, content);

    private void WriteOwn(RedisCertificate certificate) => Write(Own, [.. certificate.Certificate, (byte)'\n', .. certificate.Key]);
}
