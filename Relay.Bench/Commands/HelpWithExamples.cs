using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Cecelia.Relay.Bench.Commands;

/// <summary>The usual help, and behind it examples, which the library has no place for.</summary>
internal sealed class HelpWithExamples(HelpAction usual, IReadOnlyDictionary<string, string> examples) : SynchronousCommandLineAction
{
    /// <summary>Makes it the help of the root and of all below.</summary>
    public static void AddTo(RootCommand root, IReadOnlyDictionary<string, string> examples)
    {
        foreach (HelpOption help in root.Options.OfType<HelpOption>()) help.Action = new HelpWithExamples((HelpAction)help.Action!, examples);
    }

    public override int Invoke(ParseResult parseResult)
    {
        int code = usual.Invoke(parseResult);
        TextWriter to = parseResult.InvocationConfiguration.Output;
        if (examples.TryGetValue(parseResult.CommandResult.Command.Name, out string? text)) to.WriteLine(text);
        return code;
    }
}
