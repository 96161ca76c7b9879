using System.CommandLine;
using System.CommandLine.Parsing;

namespace Cecelia.Relay.Cli;

/// <summary>Parses and runs; every mistake on the command line is told in one go, together with those in the settings where these matter.</summary>
internal static class CommandLine
{
    /// <summary>How the library's own message for an unmatched token begins.</summary>
    private const string Unknown = "Unrecognized command or argument";

    public static async Task<int> RunAsync(RootCommand relay, string[] args, Terminal terminal, CancellationToken cancellationToken)
    {
        // No response files and no bundling: an argument is what the user wrote.
        ParseResult parsed = relay.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        List<string> mistakes = FindMistakes(parsed, terminal);
        if (mistakes.Count > 0)
        {
            foreach (string mistake in mistakes) await terminal.Error.WriteLineAsync(mistake);
            string command = parsed.CommandResult.Command is RootCommand ? "Relay" : $"Relay {parsed.CommandResult.Command.Name}";
            await terminal.Error.WriteLineAsync($"See `{command} --help`.");
            return ExitCode.Usage;
        }

        // Signals are ours (StopSignal): a shutdown takes its grace time, longer than the library would wait.
        var invocation = new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };
        try
        {
            return await parsed.InvokeAsync(invocation, cancellationToken);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            // Standard output is on a full disk, or closed, for example.
            await terminal.Error.WriteLineAsync(failed.Message);
            return ExitCode.Failed;
        }
    }

    private static List<string> FindMistakes(ParseResult parsed, Terminal terminal)
    {
        CommandResult command = parsed.CommandResult;
        List<string> mistakes = [.. FindUnknown(parsed), .. parsed.Errors.Select(error => error.Message).Where(message => !message.StartsWith(Unknown, StringComparison.Ordinal))];
        if (command.Parent is CommandResult root)
        {
            mistakes.AddRange(root.Children.OfType<OptionResult>().Where(option => !option.Implicit && SettingOptions.IsSetting(option.Option))
                .Select(option => $"{option.Option.Name} stands before '{command.Command.Name}', where it means nothing"));
        }

        if (mistakes.Count > 0 && SettingOptions.IsIn(command.Command))
        {
            mistakes.AddRange(EffectiveSettings.Load(terminal, SettingOptions.Given(command)).Errors);
        }

        return mistakes;
    }

    /// <summary>Words that mean nothing, each with the nearest that does. The value after an unknown option is not told too.</summary>
    private static IEnumerable<string> FindUnknown(ParseResult parsed)
    {
        bool isValue = false;
        foreach (string word in parsed.UnmatchedTokens)
        {
            bool isOption = word.StartsWith('-');
            if (isOption || !isValue) yield return Describe(word, isOption, parsed.CommandResult.Command);
            isValue = isOption;
        }
    }

    private static string Describe(string word, bool isOption, Command command)
    {
        IEnumerable<string> candidates = isOption ? command.Options.Select(option => option.Name) : command.Subcommands.Select(sub => sub.Name);
        string? nearest = candidates.MinBy(candidate => candidate.Length + word.Length - (2 * SharedPairs(candidate, word)));
        bool near = nearest is not null && 2 * SharedPairs(nearest, word) >= Math.Min(nearest.Length, word.Length);
        return $"'{word}' is not {(isOption ? "an option" : "a command or argument")} here{(near ? $"; did you mean {nearest}?" : "")}";
    }

    /// <summary>How many pairs of neighbouring letters two words share: near enough for a suggestion.</summary>
    private static int SharedPairs(string a, string b)
    {
        static List<string> Pairs(string text) => [.. text.Zip(text.Skip(1), (x, y) => $"{x}{y}")];
        List<string> pairs = Pairs(b);
        return Pairs(a).Count(pairs.Remove);
    }
}
