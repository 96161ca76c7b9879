using System.CommandLine;
using Cecelia.Relay.Bench.Load;
using Cecelia.Relay.Bench.Micro;
using Cecelia.Relay.Cli;

namespace Cecelia.Relay.Bench.Commands;

/// <summary>The <c>micro</c> command: measures single components of the relay, on one thread.</summary>
internal static class MicroCommand
{
    private static readonly Option<string?> Filter = new("--filter") { Description = "Run only the cases whose name contains this text.", HelpName = "TEXT" };
    private static readonly Option<int> Samples = NumberOption.Create("--samples", "NUMBER", 1, 1000, 15, "Number of samples of each case, about 25 ms each.");
    private static readonly Option<bool> List = new("--list") { Description = "List the cases without running them." };
    private static readonly Option<string?> Json = new("--json") { Description = "Also write the results to this file.", HelpName = "FILE" };

    /// <summary>The end of the help page.</summary>
    public const string Examples =
        """
        Examples:
          All         micro
          Some        micro --filter decode --samples 25 --json decode.json
        """;

    public static Command Create()
    {
        var command = new Command(
            "micro",
            "Measure single components of the relay in this process: decoding, encoding, frames, view lookup, outbound buffer. Does not need a relay or Redis.")
        {
            Filter, Samples, List, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string? filter = parsed.GetValue(Filter);
        IReadOnlyList<MicroCase> cases = MicroCases.Matching(filter);
        try
        {
            if (cases.Count == 0) throw new BenchException($"No case has a name that contains '{filter}'. List the cases with --list.");
            if (parsed.GetValue(List))
            {
                foreach (MicroCase micro in cases) await Console.Out.WriteLineAsync(micro.Name);
                return ExitCodes.Good;
            }

            List<MicroResult> results = Run(cases, parsed.GetValue(Samples), cancellationToken);
            if (parsed.GetValue(Json) is { } path) await JsonFile.WriteAsync(path, "micro", new { Samples = parsed.GetValue(Samples) }, results);
            return ExitCodes.Good;
        }
        catch (BenchException failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return ExitCodes.CannotRun;
        }
    }

    private static List<MicroResult> Run(IReadOnlyList<MicroCase> cases, int samples, CancellationToken cancellationToken)
    {
        MicroReport.WriteHeader(Console.Out);
        var results = new List<MicroResult>();
        foreach (MicroCase micro in cases)
        {
            if (cancellationToken.IsCancellationRequested) break;
            results.Add(MicroRunner.Run(micro, samples));
            MicroReport.WriteRow(results[^1], Console.Out);
        }

        return results;
    }
}
