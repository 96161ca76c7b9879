using System.Text.Json;
using Cecelia.Relay.Cli;
using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Tests.Cli;

public sealed class CheckTests
{
    [Fact]
    public async Task Check_without_settings_lists_every_setting_as_default_and_is_valid()
    {
        using var terminal = new TestTerminal();

        Assert.Equal(0, await terminal.RunAsync("check"));

        foreach (Setting setting in Settings.All)
        {
            Assert.Contains(
                terminal.OutLines,
                line => line.StartsWith(setting.EnvironmentName + " ", StringComparison.Ordinal) && line.EndsWith("  default", StringComparison.Ordinal));
        }

        Assert.Equal("The configuration is valid.", terminal.OutLines[^1]);
    }

    [Fact]
    public async Task Check_does_not_print_passwords()
    {
        using var terminal = new TestTerminal(
            environment:
            [
                ("CECELIA_REDIS_URL", "redis://:open-sesame@redis.example:6390"),
                ("CECELIA_PG_URL", "postgresql://anna:open-sesame@postgres.example/brain"),
            ]);

        await terminal.RunAsync("check");
        await terminal.RunAsync("check", "--json");

        Assert.DoesNotContain("open-sesame", terminal.Out + terminal.Error, StringComparison.Ordinal);
        Assert.Contains("redis.example:6390", terminal.Out, StringComparison.Ordinal);
        Assert.Contains("postgresql://anna:***@postgres.example:5432/brain", terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_prints_sentinel_ports_and_no_sentinel_password()
    {
        using var terminal = new TestTerminal(
            environment: [("CECELIA_REDIS_URL", "redis://a,b:7"), ("CECELIA_REDIS_SENTINEL", "mymaster"), ("CECELIA_REDIS_SENTINEL_PASSWORD", "open-sesame")]);

        Assert.Equal(0, await terminal.RunAsync("check"));

        Assert.Contains("redis://a:26379,b:7", terminal.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("open-sesame", terminal.Out + terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CECELIA_REDIS_SENTINEL", "mymaster", "CECELIA_REDIS_SENTINEL requires CECELIA_REDIS_URL")]
    [InlineData("CECELIA_REDIS_SENTINEL", "my master", "CECELIA_REDIS_SENTINEL must be the name of a master")]
    [InlineData("CECELIA_REDIS_SENTINEL_PASSWORD", "word", "CECELIA_REDIS_SENTINEL_PASSWORD requires CECELIA_REDIS_SENTINEL")]
    public async Task Check_reports_what_a_sentinel_setting_requires(string name, string value, string error)
    {
        using var terminal = new TestTerminal(environment: (name, value));

        Assert.Equal(2, await terminal.RunAsync("check"));

        Assert.Contains(terminal.OutLines, line => line.StartsWith("  " + error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_of_an_invalid_url_reports_the_error_and_no_password()
    {
        using var terminal = new TestTerminal(environment: ("CECELIA_PG_URL", "postgresql://anna:open-sesame@postgres.example"));

        Assert.Equal(2, await terminal.RunAsync("check"));

        Assert.Contains(terminal.OutLines, line => line.StartsWith("  CECELIA_PG_URL does not name a database", StringComparison.Ordinal));
        Assert.DoesNotContain("open-sesame", terminal.Out + terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_reports_the_source_of_each_value_and_later_sources_win()
    {
        using var terminal = new TestTerminal(environment: [("CECELIA_WS_PORT", "2"), ("CECELIA_MAX_CONNECTIONS", "2"), ("Cecelia__PumpThreads", "2")])
            .WithAppSettings(
                """{ "Cecelia": { "WsPort": 1, "MaxConnections": 1, "OutboundBufferEvents": 99, "WsEnabled": false, "AllowedOrigins": ["https://a.example", "https://b.example"] /* joined */ } }""");

        Assert.Equal(0, await terminal.RunAsync("check", "--json", "--ws-port", "3"));

        using JsonDocument report = JsonDocument.Parse(terminal.Out);
        var found = report.RootElement
            .GetProperty("settings")
            .EnumerateArray()
            .ToDictionary(row => row.GetProperty("name").GetString()!, row => (row.GetProperty("value").GetString(), row.GetProperty("from").GetString()));
        Assert.True(report.RootElement.GetProperty("valid").GetBoolean());
        Assert.Equal(("3", "command line"), found["CECELIA_WS_PORT"]);
        Assert.Equal(("2", "environment"), found["CECELIA_MAX_CONNECTIONS"]);
        Assert.Equal(("2", "environment"), found["CECELIA_PUMP_THREADS"]);
        Assert.Equal(("99", "appsettings"), found["CECELIA_OUTBOUND_BUFFER_EVENTS"]);
        Assert.Equal(("false", "appsettings"), found["CECELIA_WS_ENABLED"]);
        Assert.Equal(("https://a.example,https://b.example", "appsettings"), found["CECELIA_ALLOWED_ORIGINS"]);
        Assert.Equal(("*", "default"), found["CECELIA_WS_BIND"]);
    }

    [Fact]
    public async Task Check_with_errors_lists_all_of_them_and_exits_2()
    {
        using var terminal =
            new TestTerminal(environment: [("CECELIA_WS_PORT", "-1"), ("CECELIA_WS_PRT", "1")]).WithAppSettings("""{ "Cecelia": { "WsProt": 1 } }""");

        Assert.Equal(2, await terminal.RunAsync("check", "--max-fragments", "none"));

        Assert.Contains("2 errors:", terminal.OutLines);
        Assert.Contains(terminal.OutLines, line => line.StartsWith("  CECELIA_WS_PORT must be", StringComparison.Ordinal));
        Assert.Contains(terminal.OutLines, line => line.StartsWith("  --max-fragments must be", StringComparison.Ordinal));
        Assert.Contains(terminal.OutLines, line => line.Contains("did you mean CECELIA_WS_PORT?", StringComparison.Ordinal));
        Assert.Contains(terminal.OutLines, line => line.Contains("Cecelia:WsProt in ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_reports_defaults_scaled_to_the_memory_limit()
    {
        using var terminal = new TestTerminal(memoryLimitBytes: 256 * 1024 * 1024, environment: ("CECELIA_JOURNAL_BYTES", "16777216"));

        Assert.Equal(0, await terminal.RunAsync("check"));

        Assert.Contains(
            terminal.OutLines,
            line => line.StartsWith("CECELIA_STATE_BYTES ", StringComparison.Ordinal)
                && line.EndsWith("  default, scaled to the memory limit", StringComparison.Ordinal));
        Assert.Contains(
            terminal.OutLines,
            line => line.StartsWith("CECELIA_JOURNAL_BYTES ", StringComparison.Ordinal) && line.EndsWith("  environment", StringComparison.Ordinal));
        Assert.Contains(
            terminal.OutLines,
            line => line.StartsWith("Memory limit: 256 MiB. ", StringComparison.Ordinal) && line.Contains("of at most 153.6 MiB", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_of_memory_bounds_over_the_limit_reports_their_sum_and_exits_2()
    {
        using var terminal = new TestTerminal(memoryLimitBytes: 256 * 1024 * 1024, environment: ("CECELIA_STATE_BYTES", "1073741824"));

        Assert.Equal(2, await terminal.RunAsync("check", "--json"));

        using JsonDocument report = JsonDocument.Parse(terminal.Out);
        Assert.Contains("CECELIA_STATE_BYTES 1024 MiB", report.RootElement.GetProperty("errors")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Shipped_appsettings_file_is_valid_and_sets_nothing()
    {
        SettingsFile? shipped = SettingsFile.Read(Path.Combine(Path.GetDirectoryName(typeof(SettingsFile).Assembly.Location)!, "appsettings.json"));

        Assert.NotNull(shipped);
        Assert.Empty(shipped.Errors);
        Assert.Empty(shipped.Values);
    }
}
