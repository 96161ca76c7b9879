using Cecelia.Relay.Postgres;
using Npgsql;

namespace Cecelia.Relay.Tests.Postgres;

public sealed class PostgresUrlTests
{
    [Theory]
    [InlineData("postgresql://h/brain", "h:5432", null, null, "brain", "postgresql://h:5432/brain")]
    [InlineData(" POSTGRES://my_db-1.local:5433/brain ", "my_db-1.local:5433", null, null, "brain", "postgresql://my_db-1.local:5433/brain")]
    [InlineData("postgresql://anna@h/brain", "h:5432", "anna", null, "brain", "postgresql://anna@h:5432/brain")]
    [InlineData("postgresql://anna:geheim@10.0.0.1/brain", "10.0.0.1:5432", "anna", "geheim", "brain", "postgresql://anna:***@10.0.0.1:5432/brain")]
    [InlineData("postgresql://a%40b:p%40s%2Fs%3A%25@h/my%20brain", "h:5432", "a@b", "p@s/s:%", "my brain", "postgresql://a%40b:***@h:5432/my%20brain")]
    [InlineData("postgresql://a:p@s/s?x@h:1/b", "h:1", "a", "p@s/s?x", "b", "postgresql://a:***@h:1/b")]
    [InlineData("postgresql://[::1]:8/b", "[::1]:8", null, null, "b", "postgresql://[::1]:8/b")]
    [InlineData(
        "postgresql://h/b?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "h:5432",
        null,
        null,
        "b",
        "postgresql://h:5432/b?sslmode=verify-full&sslrootcert=/etc/ca.pem")]
    public void TryParse_valid_url_returns_every_part(string text, string server, string? user, string? password, string database, string masked)
    {
        Assert.True(PostgresUrl.TryParse(text, out PostgresUrl? url, out string? error), error);

        Assert.Equal((server, user, password, database), (url.Server, url.User, url.Password, url.Database));
        Assert.Equal(masked, url.Masked);
        Assert.Equal(masked, url.ToString());
    }

    [Theory]
    [InlineData("", "must begin with postgresql://")]
    [InlineData("redis://h", "must begin with postgresql://")]
    [InlineData("Host=h;Password=geheim", "must begin with postgresql://")]
    [InlineData("postgresql://", "does not name a host")]
    [InlineData("postgresql://anna:geheim@/b", "does not name a host")]
    [InlineData("postgresql:///b", "does not name a host")]
    [InlineData("postgresql://h", "does not name a database")]
    [InlineData("postgresql://h/", "does not name a database")]
    [InlineData("postgresql://h/a/b", "does not name a database")]
    [InlineData("postgresql://a,b/c", "must name exactly one host")]
    [InlineData("postgresql://h:0/b", "has a port")]
    [InlineData("postgresql://h:geheim/b", "has a port")]
    [InlineData("postgresql://[geheim]/b", "has a host")]
    [InlineData("postgresql://ho st/b", "has a host")]
    [InlineData("postgresql://h/b?sslmode=geheim", "has an sslmode that is not one of disable, allow, prefer, require, verify-ca, verify-full")]
    [InlineData("postgresql://h/b?password=geheim", "accepts only the parameters")]
    [InlineData("postgresql://h/b?sslrootcert", "accepts only the parameters")]
    public void TryParse_invalid_url_reports_the_error_without_the_password(string text, string expected)
    {
        Assert.False(PostgresUrl.TryParse(text, out PostgresUrl? url, out string? error));

        Assert.Null(url);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Connection_string_disables_pooling_and_sets_timeouts()
    {
        Assert.True(PostgresUrl.TryParse("postgresql://a:p;q@[::1]:8/b?sslmode=require", out PostgresUrl? url, out _));

        var connection = new NpgsqlConnectionStringBuilder(url.ToConnectionString(TimeSpan.FromSeconds(3)));

        Assert.Equal(
            ("::1", 8, "a", "p;q", "b", SslMode.Require),
            (connection.Host, connection.Port, connection.Username, connection.Password, connection.Database, connection.SslMode));
        Assert.Equal((false, 3, 3), (connection.Pooling, connection.Timeout, connection.CommandTimeout));
    }

    [Fact]
    public void Clean_removes_the_password()
    {
        Assert.True(PostgresUrl.TryParse("postgresql://a:geheim@h/b", out PostgresUrl? url, out _));

        Assert.Equal("not   ***", url.Clean("not \n geheim\t"));
        Assert.Equal(241, url.Clean(new string('x', 1000)).Length);
    }
}
