using System.CommandLine;
using System.CommandLine.Parsing;
using Cecelia.Relay.Hosting;

namespace Cecelia.Relay.Cli;

/// <summary>Settings as options of commands.</summary>
internal static class SettingOptions
{
    public static void AddTo(Command command)
    {
        foreach (Setting setting in Settings.All)
        {
            command.Add(new Option<string>(setting.CommandLineName) { HelpName = setting.Unit, Description = Describe(setting) });
        }
    }

    public static bool IsIn(Command command) => command.Options.Any(option => IsSetting(option));

    public static bool IsSetting(Option option) => Settings.All.Any(setting => setting.CommandLineName == option.Name);

    /// <summary>Returns the settings that were given as options of <paramref name="command"/>, by <see cref="Setting.Name"/>.</summary>
    public static IReadOnlyDictionary<string, string> Given(CommandResult command) => command.Children.OfType<OptionResult>()
        .Where(option => !option.Implicit && option.Tokens.Count > 0)
        .Join(Settings.All, option => option.Option.Name, setting => setting.CommandLineName, (option, setting) => (setting.Name, option.Tokens[^1].Value))
        .ToDictionary(given => given.Name, given => given.Value);

    private static string Describe(Setting setting) => $"{setting.Help}\n{setting.EnvironmentName}, {DescribeDefault(setting)}";

    private static string DescribeDefault(Setting setting)
    {
        string zero = setting.Zero.StartsWith("empty: ", StringComparison.Ordinal) ? setting.Zero["empty: ".Length..] : setting.Zero;
        if (setting.Default.Length == 0) return $"empty by default: {zero}";
        return zero is "-" or "not allowed" ? $"default {setting.Default}" : $"default {setting.Default}; {ZeroOf(setting)}: {zero}";
    }

    private static string ZeroOf(Setting setting) => setting.Default switch
    {
        "true" or "false" => "false",
        { Length: > 0 } text when char.IsAsciiDigit(text[0]) => "0",
        _ => "empty",
    };
}
