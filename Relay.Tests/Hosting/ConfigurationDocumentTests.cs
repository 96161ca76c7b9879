using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>The tables of deploy/CONFIGURATION.md list every setting, in the order of the code.</summary>
public sealed class ConfigurationDocumentTests
{
    public static TheoryData<string> Names => [.. Settings.All.Select(setting => setting.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Setting_has_a_row_with_default_unit_zero_and_help(string name)
    {
        Setting setting = Settings.All.Single(one => one.Name == name);

        string[] row = Assert.Single(Rows(), row => row[0] == $"`{setting.EnvironmentName}`");

        Assert.Equal(setting.Default.Length == 0 ? "(empty)" : $"`{setting.Default}`", row[1]);
        Assert.Equal([setting.Unit, setting.Zero, setting.Help], row[2..]);
    }

    [Fact]
    public void Tables_have_no_rows_for_unknown_settings() =>
        Assert.Equal(Settings.All.Select(setting => $"`{setting.EnvironmentName}`"), Rows().Select(row => row[0]));

    private static List<string[]> Rows() =>
    [
        .. File.ReadLines(Path.Combine(Repository.Root, "deploy", "CONFIGURATION.md"))
            .Where(line => line.StartsWith("| `CECELIA_", StringComparison.Ordinal))
            .Select(line => line.Trim().Trim('|').Split(" | ", StringSplitOptions.TrimEntries)),
    ];
}
