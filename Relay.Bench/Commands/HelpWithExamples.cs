using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Cecelia.Relay.Bench.Commands;

/// <summary>The help of the library, followed by examples, which the library does not support.</summary>
internal sealed class HelpWithExamples(HelpAction help, IReadOnlyDictionary<string, string> examples) : SynchronousCommandLineAction
{
    /// <summary>Replaces the help of the root command and of its subcommands.</summary>
    public static void AddTo(RootCommand root, IReadOnlyDictionary<string, string> examples)
    {
        foreach (HelpOption option in root.Options.OfType<HelpOption>()) option.Action = new HelpWithExamples((HelpAction)option.Action!, examples);
    }

    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        if (examples.TryGetValue(parseResult.CommandResult.Command.Name, out string? text)) output.WriteLine(text);
        return code;
    }
}
