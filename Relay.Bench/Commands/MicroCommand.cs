using System.CommandLine;
using Cecelia.Relay.Bench.Load;
using Cecelia.Relay.Bench.Micro;

namespace Cecelia.Relay.Bench.Commands;

/// <summary><c>micro</c>: the relay's parts, each alone, on one thread.</summary>
internal static class MicroCommand
{
    private static readonly Option<string?> Filter = new("--filter") { Description = "Only the cases whose name contains this.", HelpName = "TEXT" };
    private static readonly Option<int> Samples = NumberOption.Whole("--samples", 1, 1000, 15, "Samples of each case, about 25 ms each.");
    private static readonly Option<bool> List = new("--list") { Description = "Only names the cases." };
    private static readonly Option<string?> Json = new("--json") { Description = "Also writes the results to this file.", HelpName = "FILE" };

    /// <summary>What the help ends with.</summary>
    public const string Examples =
        """
        Examples:
          All         micro
          Some        micro --filter decode --samples 25 --json decode.json
        """;

    public static Command Make()
    {
        var command = new Command(
            "micro",
            "Times the relay's parts alone, in this process: decoding, encoding, frames, view lookup, the frame log. Needs no relay and no Redis.")
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
            if (cases.Count == 0) throw new BenchException($"No case has '{filter}' in its name; --list names them all.");
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
        MicroReport.WriteHead(Console.Out);
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
