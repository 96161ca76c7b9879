using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;
using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>
/// Passwords, permissions and TLS: errors are reported in Redis' own expected, never with the password, and the link recovers when they are corrected.
/// </summary>
public sealed class RedisLinkAccessTests(ITestOutputHelper output)
{
    private const string Password = "s3cr%t/p@ss";
    private static readonly string Encoded = Uri.EscapeDataString(Password);

    [Fact]
    public async Task Wrong_password_is_reported_and_the_link_recovers_when_Redis_accepts_it()
    {
        await using RedisServer redis = await RedisServer.StartAsync(new RedisServerOptions { Password = "another" });
        await using var harness = new LinkHarness($"redis://:{Encoded}@127.0.0.1:{redis.Port}");
        await WaitForReasonAsync(harness, "WRONGPASS");
        Assert.Equal(RedisLinkStatusKind.Connecting, harness.Link.Status.Status);

        Assert.Equal("OK", await redis.CommandAsync("CONFIG", "SET", "requirepass", Password));
        redis.UsePassword(Password);
        TimeSpan took = await harness.WaitUntilSubscribedAsync();

        output.WriteLine($"subscribed {took.TotalMilliseconds:F0} ms after the password was corrected");
        Assert.Single(harness.Logged, entry => entry.Event == EventIds.RedisUnreachable);
        await redis.PublishAsync("cecelia:events", "x");
        Assert.Equal(["cecelia:events x"], await harness.TakeAsync(1));
        AssertNoSecret(harness);
    }

    [Fact]
    public async Task Missing_password_is_reported()
    {
        await using RedisServer redis = await RedisServer.StartAsync(new RedisServerOptions { Password = Password });
        await using var harness = new LinkHarness($"redis://127.0.0.1:{redis.Port}");

        await WaitForReasonAsync(harness, "NOAUTH");

        await redis.CommandAsync("CONFIG", "SET", "requirepass", "");
        redis.UsePassword(null);
        await harness.WaitUntilSubscribedAsync();
    }

    [Fact]
    public async Task Missing_database_is_reported_and_not_subscribed()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness($"{redis.Url}/99");

        await WaitForReasonAsync(harness, "Redis says ERR DB index is out of range");

        Assert.Equal(RedisLinkStatusKind.Connecting, harness.Link.Status.Status);
    }

    [Fact]
    public async Task Refused_pattern_is_reported_the_channel_works_and_both_work_once_permitted()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness(redis.Url);
        await harness.WaitUntilSubscribedAsync();

        await redis.CommandAsync("ACL", "SETUSER", "default", "resetchannels", "&cecelia:events", "&cecelia:relay:*");
        await Eventually.TrueAsync(
            () => harness.Link.Status is { Status: RedisLinkStatusKind.Subscribed, Channels: [{ Error: null }, { Error: not null }] },
            describe: () => harness.Link.Status.ToString());
        long swaps = harness.Link.Swaps;

        Assert.StartsWith("NOPERM", harness.Link.Status.Channels[1].Error, StringComparison.Ordinal);
        Assert.Equal("cecelia:events:*", harness.Link.Status.Channels[1].Name);
        Assert.Single(harness.Logged, entry => entry.Event == EventIds.RedisChannelRefused && entry.Level == LogLevel.Error);
        Assert.DoesNotContain(harness.Logged, entry => entry.Event == EventIds.RedisProbeRefused);
        await redis.PublishAsync("cecelia:events", "x");
        Assert.Equal(["cecelia:events x"], await harness.TakeAsync(1));
        // Two probes have completed since: the refusal causes no reconnect loop.
        DateTimeOffset? probe = harness.Link.Status.LastProbe;
        await Eventually.TrueAsync(() => harness.Link.Status.LastProbe > (probe ?? default) + TimeSpan.FromSeconds(2));
        Assert.Equal(swaps, harness.Link.Swaps);

        await redis.CommandAsync("ACL", "SETUSER", "default", "allchannels");
        TimeSpan took = await Eventually.TrueAsync(
            () => harness.Link.Status.Channels.All(channel => channel.Error is null),
            describe: () => harness.Link.Status.ToString());

        output.WriteLine($"subscribed {took.TotalMilliseconds:F0} ms after the permission was granted");
        Assert.Equal(swaps + 1, harness.Link.Swaps);
        Assert.Equal(
            "Redis permits cecelia:events:* again; clients are notified of a gap",
            Assert.Single(harness.Logged, entry => entry.Event == EventIds.RedisChannelPermitted).Text.Trim());
        for (int i = 0; i < 3; i++) await redis.PublishAsync("cecelia:events:x", "y");
        await redis.PublishAsync("cecelia:events", "z");
        Assert.Equal(["cecelia:events:x y", "cecelia:events:x y", "cecelia:events:x y", "cecelia:events z"], await harness.TakeAsync(4));
    }

    [Fact]
    public async Task Unreadable_stream_is_logged_and_logged_again_when_readable()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await redis.CommandAsync("ACL", "SETUSER", "default", "-xrevrange");
        await using var harness = new LinkHarness(LinkHarness.Parse(redis.Url), options: new RedisOptions { StreamKey = "cecelia:stream" });
        await Eventually.TrueAsync(() => harness.Logged.Any(entry => entry.Event == EventIds.RedisStreamUnreadable), describe: () => harness.AllLogged);
        Assert.DoesNotContain(harness.Logged, entry => entry.Event == EventIds.RedisStreamReadable);

        await redis.CommandAsync("ACL", "SETUSER", "default", "+xrevrange");

        await Eventually.TrueAsync(() => harness.Logged.Any(entry => entry.Event == EventIds.RedisStreamReadable), describe: () => harness.AllLogged);
        Assert.Null(harness.Link.Status.StreamFault);
        Assert.Single(harness.Logged, entry => entry.Event == EventIds.RedisStreamUnreadable);
    }

    [Fact]
    public async Task Link_with_every_channel_refused_is_not_subscribed()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await redis.CommandAsync("ACL", "SETUSER", "default", "resetchannels");
        await using var harness = new LinkHarness(redis.Url);

        await WaitForReasonAsync(harness, "Redis refuses every channel of events: NOPERM");

        Assert.Equal(RedisLinkStatusKind.Connecting, harness.Link.Status.Status);
        await redis.CommandAsync("ACL", "SETUSER", "default", "allchannels");
        await harness.WaitUntilSubscribedAsync();
        await Eventually.TrueAsync(() => harness.Link.Status.Channels.All(channel => channel.Error is null));
    }

    [Theory]
    [InlineData("resetchannels", "&cecelia:events", "&cecelia:events:*")]
    [InlineData("-@all", "+ping", "+subscribe", "+psubscribe")]
    public async Task Refused_probe_channel_is_reported_once_and_the_link_is_checked_by_PING(params string[] rules)
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await redis.CommandAsync("ACL", "SETUSER", "admin", "on", ">admin", "~*", "&*", "+@all");
        await redis.CommandAsync(["ACL", "SETUSER", "default", .. rules]);
        await using var harness = new LinkHarness(redis.Url);
        await harness.WaitUntilSubscribedAsync();
        await Eventually.TrueAsync(() => harness.Link.Status.LastProbe is not null && harness.Logged.Any(entry => entry.Event == EventIds.RedisProbeRefused));
        DateTimeOffset? probe = harness.Link.Status.LastProbe;
        await Eventually.TrueAsync(() => harness.Link.Status.LastProbe > probe);
        Assert.Equal(0, harness.Link.Swaps);

        redis.Freeze();
        TimeSpan noticed = await harness.WaitUntilLostAsync();
        redis.Continue();
        await harness.WaitUntilSubscribedAsync();

        output.WriteLine($"noticed after {noticed.TotalMilliseconds:F0} ms");
        Assert.Single(harness.Logged, entry => entry.Event == EventIds.RedisProbeRefused);
    }

    [Fact]
    public async Task Plain_URL_to_a_TLS_port_is_reported()
    {
        await using RedisServer redis = await RedisServer.StartAsync(new RedisServerOptions { Tls = true });
        await using var harness = new LinkHarness($"redis://:{Encoded}@127.0.0.1:{redis.Port}");

        await WaitForReasonAsync(harness, "rediss://");

        output.WriteLine(harness.Link.Status.Reason);
        AssertNoSecret(harness);
    }

    [Fact]
    public async Task TLS_URL_to_a_plain_port_is_reported()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var harness = new LinkHarness($"rediss://:{Encoded}@127.0.0.1:{redis.Port}");

        await WaitForReasonAsync(harness, "TLS");

        output.WriteLine(harness.Link.Status.Reason);
        AssertNoSecret(harness);
    }

    [Fact]
    public async Task Untrusted_certificate_is_reported()
    {
        await using RedisServer redis = await RedisServer.StartAsync(new RedisServerOptions { Tls = true });
        await using var harness = new LinkHarness(redis.Url);

        await WaitForReasonAsync(harness, "TLS failed: The remote certificate");

        output.WriteLine(harness.Link.Status.Reason);
        Assert.Equal(RedisLinkStatusKind.Connecting, harness.Link.Status.Status);
    }

    [Fact]
    public async Task TLS_with_a_password_delivers_events()
    {
        await using RedisServer redis = await RedisServer.StartAsync(new RedisServerOptions { Tls = true, Password = Password });
        RedisUrl url = LinkHarness.Parse(redis.Url) with { CertificateValidation = redis.IsOwnCertificate };
        await using var harness = new LinkHarness(url);
        await harness.WaitUntilSubscribedAsync();
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(url);

        Assert.Equal(1, await publisher.PublishAsync("cecelia:events", "x"u8.ToArray()));

        Assert.Equal(["cecelia:events x"], await harness.TakeAsync(1));
        AssertNoSecret(harness);
    }

    [Fact]
    public async Task Private_authority_and_client_certificate_are_set_in_the_URL()
    {
        await using RedisServer redis = await RedisServer.StartAsync(
            new RedisServerOptions { Tls = true, OnThisMachine = true, ExtraArguments = ["--tls-ca-cert-file", RedisCertificate.CertificateFile] });
        await using RedisServer other = await RedisServer.StartAsync(new RedisServerOptions { Tls = true });
        DirectoryInfo folder = Directory.CreateTempSubdirectory("relay-tls-");
        try
        {
            string authority = await WriteAsync("ca.pem", redis.Certificate!.Certificate);
            string key = await WriteAsync("key.pem", redis.Certificate.Key);
            // From now on Redis requires a certificate of its authority.
            Assert.Equal("OK", await redis.CommandAsync("CONFIG", "SET", "tls-auth-clients", "yes"));

            RedisUrl url = LinkHarness.Parse($"{redis.Url}?ca={Uri.EscapeDataString(authority)}&cert={authority}&key={key}");
            await using var harness = new LinkHarness(url);
            await harness.WaitUntilSubscribedAsync();
            await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(url);
            Assert.Equal(1, await publisher.PublishAsync("cecelia:events", "x"u8.ToArray()));
            Assert.Equal(["cecelia:events x"], await harness.TakeAsync(1));

            await using var unknown = new LinkHarness($"{redis.Url}?ca={authority}");
            await Eventually.TrueAsync(() => unknown.Link.Status.Reason is { } reason && !reason.Contains("not tried", StringComparison.Ordinal));
            Assert.Equal(RedisLinkStatusKind.Connecting, unknown.Link.Status.Status);
            await using var foreign = new LinkHarness($"{other.Url}?ca={authority}");
            await WaitForReasonAsync(foreign, "TLS failed: The remote certificate");
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        async Task<string> WriteAsync(string name, byte[] content)
        {
            string file = Path.Combine(folder.FullName, name);
            await File.WriteAllBytesAsync(file, content);
            return file;
        }
    }

    private static Task<TimeSpan> WaitForReasonAsync(LinkHarness harness, string expected) =>
        Eventually.TrueAsync(
            () => harness.Link.Status.Reason?.Contains(expected, StringComparison.Ordinal) == true,
            describe: () => harness.Link.Status.ToString());

    private static void AssertNoSecret(LinkHarness harness)
    {
        string all = harness.AllLogged + harness.Link.Status + string.Join('\n', harness.Changes);
        Assert.DoesNotContain(Password, all, StringComparison.Ordinal);
        Assert.DoesNotContain(Encoded, all, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr", all, StringComparison.Ordinal);
    }
}
