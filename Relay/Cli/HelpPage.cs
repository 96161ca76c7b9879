using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Cecelia.Relay.Cli;

/// <summary>The <c>--help</c> page of one command: description, usage, commands, arguments, options, examples, settings.</summary>
internal sealed class HelpPage(Terminal terminal, params string[] examples) : SynchronousCommandLineAction
{
    private const int MaxTextWidth = 110;
    private const int MaxNamesWidth = 42;

    public override bool ClearsParseErrors => true;

    /// <summary>Adds a help page with <paramref name="examples"/> to <paramref name="command"/>.</summary>
    public static void AddTo(Command command, Terminal terminal, params string[] examples)
    {
        HelpOption? help = command.Options.OfType<HelpOption>().SingleOrDefault();
        if (help is null) command.Add(help = new HelpOption());
        help.Description = "Show this page.";
        help.Action = new HelpPage(terminal, examples);
        if (command.Options.OfType<VersionOption>().SingleOrDefault() is { } version) version.Description = "Show the version.";
    }

    public override int Invoke(ParseResult parseResult)
    {
        Write(parseResult.CommandResult.Command);
        return ExitCode.Done;
    }

    private void Write(Command command)
    {
        TextWriter output = terminal.Out;
        int width = Math.Clamp(terminal.Width() - 1, 30, MaxTextWidth);
        foreach (string line in (command.Description ?? "").Split('\n').SelectMany(paragraph => Wrap(paragraph, width))) output.WriteLine(line);
        output.WriteLine();
        output.WriteLine("Usage:");
        foreach (string usage in Usages(command)) output.WriteLine($"  {usage}");

        WriteSection("Commands:", command.Subcommands.Select(sub => (NameAndArguments(sub), FirstLine(sub.Description))));
        WriteSection("Arguments:", command.Arguments.Select(argument => ($"{argument.HelpName ?? argument.Name}", argument.Description ?? "")));
        WriteSection(
            "Options:",
            command.Options.Where(option => !SettingOptions.IsSetting(option)).Select(option => (Names(option), option.Description ?? "")));

        output.WriteLine();
        output.WriteLine(examples.Length == 1 ? "Example:" : "Examples:");
        foreach (string example in examples) output.WriteLine($"  {example}");

        WriteSection(
            "Settings (as an option, an environment variable or in appsettings.json, in this order of precedence):",
            command.Options.Where(SettingOptions.IsSetting).Select(option => (Names(option), option.Description ?? "")));
    }

    private static IEnumerable<string> Usages(Command command)
    {
        string settings = SettingOptions.IsIn(command) ? " [SETTINGS]" : "";
        if (command is RootCommand)
        {
            yield return $"Relay{settings}";
            yield return "Relay COMMAND [OPTIONS]        (see Relay COMMAND --help)";
            yield break;
        }

        yield return $"Relay {NameAndArguments(command)} [OPTIONS]{settings}";
    }

    private static string NameAndArguments(Command command) =>
        string.Join(' ', [command.Name, .. command.Arguments.Select(argument => $"[{argument.HelpName ?? argument.Name}]")]);

    private static string FirstLine(string? text) => text?.Split('\n')[0] ?? "";

    private static string Names(Option option)
    {
        string names = string.Join(", ", option.Aliases.Where(alias => alias.Length == 2 && alias[0] == '-').Append(option.Name));
        return option.HelpName is null ? names : $"{names} <{option.HelpName}>";
    }

    /// <summary>Writes two columns. Names that are too wide for the first column are on a separate line.</summary>
    private void WriteSection(string title, IEnumerable<(string Names, string Text)> rows)
    {
        (string Names, string Text)[] all = [.. rows];
        if (all.Length == 0) return;
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(title);
        int column = Math.Min(all.Max(row => row.Names.Length), MaxNamesWidth) + 4;
        int width = Math.Clamp(terminal.Width() - 1 - column, 30, MaxTextWidth);
        foreach ((string names, string text) in all)
        {
            string start = "  " + names;
            foreach (string line in text.Split('\n').SelectMany(paragraph => Wrap(paragraph, width)))
            {
                if (start.Length > column - 2)
                {
                    terminal.Out.WriteLine(start);
                    start = "";
                }

                terminal.Out.WriteLine(start.PadRight(column) + line);
                start = "";
            }
        }
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        while (text.Length > width)
        {
            int space = text.LastIndexOf(' ', width);
            if (space <= 0) break;
            yield return text[..space];
            text = text[(space + 1)..];
        }

        yield return text;
    }
}
