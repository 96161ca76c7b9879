using Cecelia.Relay.Tests.Cli;

namespace Cecelia.Relay.Tests.Access;

/// <summary>The settings of access control: accepted values, and the errors for others.</summary>
public sealed class AccessSettingsTests : IDisposable
{
    private readonly TokenIssuer _issuer = new();

    public void Dispose() => _issuer.Dispose();

    [Theory]
    [InlineData("CECELIA_USER_HEADER", "X-User", "CECELIA_USER_HEADER are both set")]
    [InlineData("CECELIA_JWT_AUDIENCE", "", "CECELIA_JWT_AUDIENCE must not be empty")]
    [InlineData("CECELIA_JWT_CLAIM_MEMBERS", "a,b", "six different names")]
    [InlineData("CECELIA_JWT_USER_CLAIM", "", "must not be empty")]
    [InlineData("CECELIA_JWT_CLOCK_SKEW_SECONDS", "601", "from 0 to 600")]
    [InlineData("CECELIA_JWT_KEYS", "http://keys.example/jwks", "https:// URL")]
    [InlineData("CECELIA_JWT_KEYS", "https://user:password@keys.example/jwks", "without user and password")]
    [InlineData("CECELIA_JWT_KEYS", "ftp://keys.example/jwks", "https:// URL")]
    [InlineData("CECELIA_JWT_KEYS", "/nowhere/keys.json", "must name a file")]
    public async Task Invalid_settings_are_errors(string name, string value, string expected)
    {
        using var terminal = new TestTerminal(environment: Environment(name, value));

        Assert.Equal(2, await terminal.RunAsync("check"));

        Assert.Contains(terminal.OutLines, line => line.Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("CECELIA_JWT_KEYS", "https://keys.example/jwks")]
    [InlineData("CECELIA_JWT_KEYS", "http://127.0.0.1:1/jwks")]
    [InlineData("CECELIA_JWT_CLAIM", "")]
    [InlineData("CECELIA_JWT_ISSUER", "https://issuer.example")]
    [InlineData("CECELIA_JWT_CLAIM_MEMBERS", "a,b,c,d,e,f")]
    public async Task Valid_settings_are_accepted(string name, string value)
    {
        using var terminal = new TestTerminal(environment: Environment(name, value));

        Assert.Equal(0, await terminal.RunAsync("check"));
    }

    private (string Name, string Value)[] Environment(string name, string value) =>
        name == "CECELIA_JWT_KEYS" ? [(name, value)] : [("CECELIA_JWT_KEYS", _issuer.KeysFile), (name, value)];
}
