using System.CommandLine;

namespace Cecelia.Relay.Bench.Commands;

/// <summary>All commands.</summary>
internal static class CommandLine
{
    public static RootCommand Make()
    {
        Command micro = MicroCommand.Make();
        Command fanout = FanoutCommand.Make();
        var root = new RootCommand("Measures the Cecelia relay: its parts alone (micro), or a running relay under load (fanout). COMMAND --help shows examples.")
        {
            micro,
            fanout,
        };
        HelpWithExamples.AddTo(root, new Dictionary<string, string> { [micro.Name] = MicroCommand.Examples, [fanout.Name] = FanoutCommand.Examples });
        return root;
    }
}
