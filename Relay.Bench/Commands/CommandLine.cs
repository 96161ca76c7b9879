using System.CommandLine;

namespace Cecelia.Relay.Bench.Commands;

/// <summary>The root command.</summary>
internal static class CommandLine
{
    public static RootCommand Create()
    {
        Command compare = CompareCommand.Create();
        Command micro = MicroCommand.Create();
        Command fanout = FanoutCommand.Create();
        Command floor = FloorCommand.Create();
        Command send = SendCommand.Create();
        var root = new RootCommand(
            "Measure the Cecelia relay: beside the least that fan-out costs (compare), single components (micro), or a running relay under load (fanout). "
                + "See COMMAND --help for examples.")
        {
            compare,
            micro,
            fanout,
            floor,
            send,
        };
        HelpWithExamples.AddTo(
            root,
            new Dictionary<string, string>
            {
                [compare.Name] = CompareCommand.Examples,
                [micro.Name] = MicroCommand.Examples,
                [fanout.Name] = FanoutCommand.Examples,
                [floor.Name] = FloorCommand.Examples,
                [send.Name] = SendCommand.Examples,
            });
        return root;
    }
}
