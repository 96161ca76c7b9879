using System.CommandLine;
using System.Globalization;
using Cecelia.Relay.Bench.Commands;
using Cecelia.Relay.Bench.Compare;
using Cecelia.Relay.Bench.Load;

namespace Cecelia.Relay.Tests.Bench;

public class CompareTests
{
    [Fact]
    public void Cases_have_different_names_and_the_case_that_one_is_compared_with_comes_first()
    {
        string[] names = [.. CompareCase.All.Select(one => one.Name)];

        Assert.Equal(names.Distinct(), names);
        Assert.All(
            CompareCase.All.Where(one => one.Opponent == Opponent.Case),
            one => Assert.Contains(one.Other, names.TakeWhile(name => name != one.Name)));
    }

    [Fact]
    public void Report_has_medians_and_the_median_of_the_ratios_within_the_rounds()
    {
        CompareCase one = new("some clients", new LoadShape(10) { Window = 4 }, [Measure.Events, Measure.Cpu]) { HasCold = true };
        CompareSample[] samples =
        [
            new(Result(100, 2), Result(50, 4), Result(200, 1)),
            new(Result(300, 1), Result(300, 2), Result(300, 2)),
            new(Result(200, 3), Result(100, 3), Result(100, 1)),
        ];
        using var output = new StringWriter(CultureInfo.InvariantCulture);

        CompareReport.Write(one, samples, output);

        string[] lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("some clients, compared with the batched floor", lines[0]);
        Assert.Equal(["events/s", "200", "200", "1.00", "0.50-2.00", "100", "0.50"], Words(lines[1]));
        Assert.Equal(["CPU", "time", "of", "a", "delivery", "2.000", "µs", "1.000", "µs", "2.00", "0.50-3.00", "3.000", "µs", "2.00"], Words(lines[2]));
    }

    [Theory]
    [InlineData("compare --case nothing", "No case has a name that contains 'nothing'")]
    [InlineData("compare --relay /nowhere/Relay", "--relay /nowhere/Relay: file not found")]
    public async Task Comparison_that_is_not_possible_ends_with_the_reason(string line, string reason)
    {
        TextWriter before = Console.Error;
        using var error = new StringWriter();
        Console.SetError(error);
        try
        {
            Assert.Equal(ExitCodes.CannotRun, await CommandLine.Create().Parse(line).InvokeAsync());
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.Contains(reason, error.ToString(), StringComparison.Ordinal);
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static LoadResult Result(double events, double cpu) => new()
    {
        Readers = 10,
        Seconds = 1,
        Events = 0,
        Deliveries = 0,
        EventsPerSecond = events,
        DeliveriesPerSecond = 0,
        Unsent = 0,
        Latency = new Quantiles(0, 0, 0, 0, 0, 0),
        Lateness = null,
        Lost = 0,
        Duplicates = 0,
        OutOfOrder = 0,
        Strays = 0,
        Others = 0,
        FirstOther = "",
        Ended = 0,
        FirstEnd = "",
        Client = new Cost(0, 0),
        Relay = new Cost(0, cpu),
        RelayBytesAtEnd = null,
    };
}
