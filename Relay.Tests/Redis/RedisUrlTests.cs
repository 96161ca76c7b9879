using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

public sealed class RedisUrlTests
{
    [Theory]
    [InlineData("redis://localhost", "localhost:6379", null, 0, false, "redis://localhost:6379")]
    [InlineData("redis://localhost/", "localhost:6379", null, 0, false, "redis://localhost:6379")]
    [InlineData(" REDIS://my_redis-1.local:7000/3 ", "my_redis-1.local:7000", null, 3, false, "redis://my_redis-1.local:7000/3")]
    [InlineData("rediss://10.0.0.1", "10.0.0.1:6379", null, 0, true, "rediss://10.0.0.1:6379")]
    [InlineData("redis://:geheim@h", "h:6379", "geheim", 0, false, "redis://:***@h:6379")]
    [InlineData("redis://default:geheim@h", "h:6379", "geheim", 0, false, "redis://:***@h:6379")]
    [InlineData("redis://:p%40s%2Fs%3A%25@h", "h:6379", "p@s/s:%", 0, false, "redis://:***@h:6379")]
    [InlineData("redis://:p@s/s@h:1/2", "h:1", "p@s/s", 2, false, "redis://:***@h:1/2")]
    [InlineData("redis://:@h", "h:6379", null, 0, false, "redis://h:6379")]
    [InlineData("redis://@h", "h:6379", null, 0, false, "redis://h:6379")]
    [InlineData("redis://a,b:7,[::1]:8,[fe80::2]", "a:6379 b:7 [::1]:8 [fe80::2]:6379", null, 0, false, "redis://a:6379,b:7,[::1]:8,[fe80::2]:6379")]
    public void TryParse_valid_url_returns_every_part(string text, string hosts, string? password, int database, bool tls, string masked)
    {
        Assert.True(RedisUrl.TryParse(text, out RedisUrl? url, out string? error), error);

        Assert.Equal(hosts, string.Join(' ', url.Hosts.Select(RedisUrl.Name)));
        Assert.Equal(password, url.Password);
        Assert.Equal(database, url.Database);
        Assert.Equal(tls, url.Tls);
        Assert.Equal(masked, url.Masked);
        Assert.Equal(masked, url.ToString());
    }

    [Theory]
    [InlineData("redis://anna:geheim@h", "anna", "geheim", "redis://anna:***@h:6379")]
    [InlineData("redis://default:geheim@h", null, "geheim", "redis://:***@h:6379")]
    [InlineData("redis://:geheim@h", null, "geheim", "redis://:***@h:6379")]
    [InlineData("rediss://a%40b%3A:p%3Aq@h", "a@b:", "p:q", "rediss://a%40b%3A:***@h:6379")]
    public void TryParse_url_with_a_user_returns_user_and_password(string text, string? user, string password, string masked)
    {
        Assert.True(RedisUrl.TryParse(text, out RedisUrl? url, out string? error), error);

        Assert.Equal(user, url.User);
        Assert.Equal(password, url.Password);
        Assert.Equal(masked, url.Masked);
    }

    [Theory]
    [InlineData("", "must begin with redis:// or rediss://")]
    [InlineData("http://geheim", "must begin with redis:// or rediss://, not 'http://'")]
    [InlineData("host:6379,password=geheim", "must begin with redis:// or rediss://")]
    [InlineData("geheim://h", "must begin with")]
    [InlineData("redis://", "does not name a host")]
    [InlineData("redis://:geheim@", "does not name a host")]
    [InlineData("redis://a,,b", "does not name a host")]
    [InlineData("redis://:geheim", "does not name a host")]
    [InlineData("redis://geheim@h", "without a colon")]
    [InlineData("redis://anna:@h", "names a user without a password")]
    [InlineData("redis://anna@geheim@h", "without a colon")]
    [InlineData("redis://h:0", "has a port")]
    [InlineData("redis://h:65536", "has a port")]
    [InlineData("redis://h:geheim", "has a port")]
    [InlineData("redis://::1", "does not name a host")]
    [InlineData("redis://[geheim]", "has a host")]
    [InlineData("redis://[::1", "does not name a host")]
    [InlineData("redis://ho st", "has a host")]
    [InlineData("redis://h?password=geheim", "only rediss:// takes one")]
    [InlineData("rediss://h?password=geheim", "something else than ca=FILE, cert=FILE and key=FILE")]
    [InlineData("rediss://h?ca=", "something else than")]
    [InlineData("rediss://h?ca=a&ca=b", "each once")]
    [InlineData("rediss://h?key=/k", "names a key without a certificate")]
    [InlineData("rediss://h?ca=/no/such.pem", "names the PEM file /no/such.pem, which cannot be used")]
    [InlineData("rediss://h?cert=%2Fno%2Fsuch.pem&key=/k", "names the PEM file /no/such.pem, which cannot be used")]
    [InlineData("redis://h/geheim", "must end with the number of a database")]
    [InlineData("redis://h/-1", "must end with the number of a database")]
    public void TryParse_invalid_url_reports_the_error_without_the_password(string text, string expected)
    {
        Assert.False(RedisUrl.TryParse(text, out RedisUrl? url, out string? error));

        Assert.Null(url);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        if (!text.StartsWith("geheim", StringComparison.Ordinal)) Assert.DoesNotContain("geheim", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Clean_removes_the_password()
    {
        RedisUrl url = LinkHarness.Parse("redis://:geheim@h");

        Assert.Equal("unknown 'AUTH ***'  x", url.Clean("unknown 'AUTH geheim'\r\nx"));
    }

    [Fact]
    public void Printed_options_contain_no_password()
    {
        var options = new RedisOptions { Url = LinkHarness.Parse("redis://:geheim@h") };

        Assert.DoesNotContain("geheim", options.ToString(), StringComparison.Ordinal);
    }
}
