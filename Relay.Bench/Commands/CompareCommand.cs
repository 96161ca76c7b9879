using System.CommandLine;
using Cecelia.Relay.Bench.Compare;
using Cecelia.Relay.Bench.Load;
using Cecelia.Relay.Cli;

namespace Cecelia.Relay.Bench.Commands;

/// <summary>The <c>compare</c> command: puts a relay and the floor under the same loads, in turns, and prints the ratios.</summary>
internal static class CompareCommand
{
    private const string NativeRelay = "artifacts/publish/Relay";

    private static readonly Option<string?> Relay = new("--relay")
    {
        Description = $"The relay's executable, or Relay.dll. [default: {NativeRelay} if it exists, otherwise the Relay.dll that was built with this program]",
        HelpName = "FILE",
    };

    private static readonly Option<string?> Case = new("--case") { Description = "Measure only the cases whose name contains this text.", HelpName = "TEXT" };
    private static readonly Option<int> Rounds = NumberOption.Create("--rounds", "NUMBER", 1, 100, 3, "Number of rounds. Medians are shown.");
    private static readonly Option<double> Seconds = NumberOption.Create(
        "--seconds", "NUMBER", 0.5, 3600, 4, "Duration of each measurement, after 2 s of warm-up.");
    private static readonly Option<bool> List = new("--list") { Description = "List the cases without running them." };
    private static readonly Option<string?> Json = new("--json") { Description = "Also write the results of all rounds to this file.", HelpName = "FILE" };

    /// <summary>The end of the help page.</summary>
    public const string Examples =
        """
        Examples:
          All cases     compare
          One case      compare --case "100 clients" --rounds 5
          Two builds    compare --relay /tmp/before/Relay, then compare --relay /tmp/after/Relay

        The floor is a server that only sends (see: floor --help). Only the ratios are comparable: both run in turns on this machine.
        "Cold" is the first 3 s after the start of the relay. All cases take about 7 minutes. Needs redis-server.

        Exit code:
          0  every client received each expected event once and in order
          2  the run was not possible, or an event was not delivered as it should be
        """;

    public static Command Create()
    {
        var command = new Command(
            "compare",
            "Start a Redis, a relay and the floor of what fan-out costs, put them under the same loads in turns, and print one table with the ratios.")
        {
            Relay, Case, Rounds, Seconds, List, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string? text = parsed.GetValue(Case);
        CompareCase[] cases = [.. CompareCase.All.Where(one => IsChosen(one.Name))];
        IdleKind[] kinds = [.. IdleKind.All.Where(kind => IsChosen(NameOf(kind)))];
        var progress = new ProgressLine();
        try
        {
            if (cases.Length + kinds.Length == 0) throw new BenchException($"No case has a name that contains '{text}'. List the cases with --list.");
            if (parsed.GetValue(List))
            {
                foreach (string name in (string[])[.. cases.Select(one => one.Name), .. kinds.Select(NameOf)]) await Console.Out.WriteLineAsync(name);
                return ExitCodes.Good;
            }

            string relay = parsed.GetValue(Relay) ?? FindRelay();
            if (!File.Exists(relay)) throw new BenchException($"--relay {relay}: file not found.");
            if (parsed.GetValue(Json) is { } target) JsonFile.CheckWritable(target);
            await Console.Out.WriteLineAsync($"Relay: {relay}");
            var samples = cases.ToDictionary(one => one.Name, _ => new List<CompareSample>());
            var memory = kinds.ToDictionary(kind => kind.Name, _ => new List<double>());
            using (var run = new CompareRun(relay, TimeSpan.FromSeconds(parsed.GetValue(Seconds)), progress))
            {
                int rounds = parsed.GetValue(Rounds);
                for (int round = 1; round <= rounds; round++)
                {
                    var earlier = new Dictionary<string, CompareSample>();
                    foreach (CompareCase one in cases)
                    {
                        await AnnounceAsync(round, one.Name);
                        samples[one.Name].Add(earlier[one.Name] = await run.MeasureAsync(one, earlier, cancellationToken));
                    }

                    foreach (IdleKind kind in kinds)
                    {
                        await AnnounceAsync(round, NameOf(kind));
                        memory[kind.Name].Add(await run.MeasureAsync(kind, cancellationToken));
                    }
                }

                async Task AnnounceAsync(int round, string name)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    progress.Clear();
                    await Console.Error.WriteLineAsync($"Round {round} of {rounds}: {name}");
                }
            }

            progress.Clear();
            CompareReport.WriteHeader(Console.Out);
            foreach (CompareCase one in cases) CompareReport.Write(one, samples[one.Name], Console.Out);
            if (kinds.Length > 0) await Console.Out.WriteLineAsync("Memory of one idle connection");
            foreach (IdleKind kind in kinds) CompareReport.Write(kind, memory[kind.Name], Console.Out);
            object options = new { relay, seconds = parsed.GetValue(Seconds) };
            if (parsed.GetValue(Json) is { } path) await JsonFile.WriteAsync(path, "compare", options, new { samples, idleBytes = memory });
            return ExitCodes.Good;
        }
        catch (BenchException failure)
        {
            progress.Clear();
            await Console.Error.WriteLineAsync(failure.Message);
            return ExitCodes.CannotRun;
        }
        catch (OperationCanceledException)
        {
            progress.Clear();
            await Console.Error.WriteLineAsync("Stopped before the end. Nothing is shown, since the figures would be of different loads.");
            return ExitCodes.CannotRun;
        }

        bool IsChosen(string name) => text is null || name.Contains(text, StringComparison.OrdinalIgnoreCase);
    }

    private static string NameOf(IdleKind kind) => $"idle: {kind.Name}";

    private static string FindRelay() => File.Exists(NativeRelay) ? NativeRelay : Path.Combine(AppContext.BaseDirectory, "Relay.dll");
}
