using System.CommandLine;
using System.CommandLine.Parsing;

namespace Cecelia.Relay.Cli;

/// <summary>
/// Parses the command line and runs the command. All errors are reported together, those in the settings included if the command uses settings.
/// </summary>
internal static class CommandLine
{
    /// <summary>Start of the library's own message for an unmatched token. <see cref="FindUnknown"/> replaces it.</summary>
    private const string LibraryUnknown = "Unrecognized command or argument";

    public static async Task<int> RunAsync(RootCommand relay, string[] args, Terminal terminal, CancellationToken cancellationToken)
    {
        // Response files and option bundling are off: arguments are taken literally.
        ParseResult parsed = relay.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        List<string> errors = FindErrors(parsed, terminal);
        if (errors.Count > 0)
        {
            foreach (string error in errors) await terminal.Error.WriteLineAsync(error);
            string command = parsed.CommandResult.Command is RootCommand ? "Relay" : $"Relay {parsed.CommandResult.Command.Name}";
            await terminal.Error.WriteLineAsync($"See `{command} --help`.");
            return ExitCode.Usage;
        }

        // Signals are handled by StopSignal: a shutdown may take its grace time, which is longer than the library would wait.
        var invocation = new InvocationConfiguration
        {
            Output = terminal.Out,
            Error = terminal.Error,
            ProcessTerminationTimeout = null,
            EnableDefaultExceptionHandler = false,
        };
        try
        {
            return await parsed.InvokeAsync(invocation, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // For example, standard output is closed or on a full disk.
            await terminal.Error.WriteLineAsync(failure.Message);
            return ExitCode.Failed;
        }
    }

    private static List<string> FindErrors(ParseResult parsed, Terminal terminal)
    {
        CommandResult command = parsed.CommandResult;
        List<string> errors =
        [
            .. FindUnknown(parsed),
            .. parsed.Errors.Select(error => error.Message).Where(message => !message.StartsWith(LibraryUnknown, StringComparison.Ordinal)),
        ];
        if (command.Parent is CommandResult root)
        {
            errors.AddRange(root.Children.OfType<OptionResult>().Where(option => !option.Implicit && SettingOptions.IsSetting(option.Option))
                .Select(option => $"{option.Option.Name} has no effect before '{command.Command.Name}'; write options after the command"));
        }

        if (errors.Count > 0 && SettingOptions.IsIn(command.Command))
        {
            errors.AddRange(EffectiveSettings.Load(terminal, SettingOptions.Given(command)).Errors);
        }

        return errors;
    }

    /// <summary>
    /// Returns an error for each unknown argument, with the most similar known one. The value of an unknown option is not reported separately.
    /// </summary>
    private static IEnumerable<string> FindUnknown(ParseResult parsed)
    {
        bool isValue = false;
        foreach (string token in parsed.UnmatchedTokens)
        {
            bool isOption = token.StartsWith('-');
            if (isOption || !isValue) yield return Describe(token, isOption, parsed.CommandResult.Command);
            isValue = isOption;
        }
    }

    private static string Describe(string token, bool isOption, Command command)
    {
        IEnumerable<string> candidates = isOption ? command.Options.Select(option => option.Name) : command.Subcommands.Select(sub => sub.Name);
        string? nearest = candidates.MinBy(candidate => candidate.Length + token.Length - (2 * SharedPairs(candidate, token)));
        bool isSimilar = nearest is not null && 2 * SharedPairs(nearest, token) >= Math.Min(nearest.Length, token.Length);
        return $"'{token}' is not {(isOption ? "an option" : "a command or argument")} here{(isSimilar ? $"; did you mean {nearest}?" : "")}";
    }

    /// <summary>Returns the number of letter pairs that two words have in common, as a measure of their similarity.</summary>
    private static int SharedPairs(string a, string b)
    {
        static List<string> Pairs(string text) => [.. text.Zip(text.Skip(1), (x, y) => $"{x}{y}")];
        List<string> pairs = Pairs(b);
        return Pairs(a).Count(pairs.Remove);
    }
}
