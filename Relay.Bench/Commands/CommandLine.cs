using System.CommandLine;

namespace Cecelia.Relay.Bench.Commands;

/// <summary>The root command.</summary>
internal static class CommandLine
{
    public static RootCommand Create()
    {
        Command micro = MicroCommand.Create();
        Command fanout = FanoutCommand.Create();
        var root =
            new RootCommand("Measure the Cecelia relay: single components (micro), or a running relay under load (fanout). See COMMAND --help for examples.")
        {
            micro,
            fanout,
        };
        HelpWithExamples.AddTo(root, new Dictionary<string, string> { [micro.Name] = MicroCommand.Examples, [fanout.Name] = FanoutCommand.Examples });
        return root;
    }
}
