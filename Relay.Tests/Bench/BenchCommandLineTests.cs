using System.CommandLine;
using System.Globalization;
using Cecelia.Relay.Bench.Commands;
using Cecelia.Relay.Bench.Load;
using Cecelia.Relay.Bench.Micro;

namespace Cecelia.Relay.Tests.Bench;

public class BenchCommandLineTests
{
    [Fact]
    public void Fanout_without_options_uses_a_closed_loop_and_the_default_relay()
    {
        LoadPlan plan = Plan("fanout --redis redis://127.0.0.1:6379");

        Assert.Equal("ws://localhost:5221/ws", plan.Relay.ToString());
        Assert.Equal("cecelia:events", plan.Channel);
        Assert.Equal((100, 0, 64, 200, 0), (plan.Clients, plan.SlowClients, plan.Window, plan.EventBytes, plan.Tasks));
        Assert.Null(plan.Rate);
        Assert.Null(plan.ProcessId);
    }

    [Fact]
    public void Fanout_reads_every_option()
    {
        LoadPlan plan = Plan(
            "fanout ws://example.org:7/x --clients 500 --rate 12.5 --size 1000 --slow 10 --seconds 0.5 --warmup 0 --each 50 --redis redis://:secret@r:1 --channel c --pid "
            + Environment.ProcessId.ToString(CultureInfo.InvariantCulture));

        Assert.Equal("ws://example.org:7/x", plan.Relay.ToString());
        Assert.Equal("redis://:***@r:1", plan.Redis.Masked);
        Assert.Equal("c", plan.Channel);
        Assert.Equal((500, 12.5, 1000, 50, 50), (plan.Clients, plan.Rate!.Value, plan.EventBytes, plan.SlowClients, plan.Tasks));
        Assert.Equal((TimeSpan.FromSeconds(0.5), TimeSpan.Zero), (plan.Duration, plan.WarmUp));
        Assert.Equal(Environment.ProcessId, plan.ProcessId);
    }

    [Theory]
    [InlineData("fanout --clients many", "--clients must be a whole number from 1 to 50,000, not 'many'")]
    [InlineData("fanout --clients 0", "--clients must be a whole number from 1 to 50,000, not '0'")]
    [InlineData("fanout --clients 1.5", "--clients must be a whole number from 1 to 50,000, not '1.5'")]
    [InlineData("fanout --rate -3", "--rate must be a number from 0.1 to 1,000,000, not '-3'")]
    [InlineData("fanout --size 10", "--size must be a whole number from 200 to 1,048,576, not '10'")]
    [InlineData("fanout --rate 5 --window 5", "Use either --rate (open loop) or --window (closed loop).")]
    [InlineData("micro --samples 0", "--samples must be a whole number from 1 to 1,000, not '0'")]
    public void Invalid_option_value_is_rejected_with_a_clear_message(string line, string error)
    {
        ParseResult parsed = CommandLine.Create().Parse(line);

        Assert.Equal([error], parsed.Errors.Select(e => e.Message));
    }

    [Theory]
    [InlineData("fanout localhost:5221", "is not the WebSocket URL of a relay")]
    [InlineData("fanout http://localhost:5221/ws", "is not the WebSocket URL of a relay")]
    [InlineData("fanout wss://localhost:5221/ws", "without TLS")]
    [InlineData("fanout --redis localhost", "--redis must begin with redis://")]
    [InlineData("fanout --channel ''", "--channel must not be empty")]
    [InlineData("fanout --clients 1 --slow 60", "none of the clients reads")]
    [InlineData("fanout --pid 2147483647", "no such process")]
    public void Plan_that_cannot_run_is_rejected_with_a_clear_message(string line, string error)
    {
        ParseResult parsed = CommandLine.Create().Parse(line.Replace("''", "\"\"", StringComparison.Ordinal));

        Assert.Empty(parsed.Errors);
        Assert.False(FanoutCommand.TryRead(parsed, out _, out string? actual));
        Assert.Contains(error, actual, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("micro --help", "--filter decode")]
    [InlineData("fanout --help", "Exit code:")]
    [InlineData("compare --help", "--case \"100 clients\"")]
    [InlineData("floor --help", "--batched")]
    [InlineData("send --help", "The sending half")]
    public void Help_ends_with_examples(string line, string example)
    {
        using var output = new StringWriter();

        int code = CommandLine.Create().Parse(line).Invoke(new InvocationConfiguration { Output = output });

        Assert.Equal(0, code);
        Assert.Contains(example, output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Micro_cases_have_unique_names_and_can_be_filtered()
    {
        Assert.Equal(MicroCases.All.Count, MicroCases.All.Select(micro => micro.Name).Distinct().Count());
        Assert.Equal(MicroCases.All, MicroCases.Matching(null));
        Assert.All(MicroCases.Matching("DECODE/"), micro => Assert.StartsWith("decode/", micro.Name, StringComparison.Ordinal));
        Assert.Empty(MicroCases.Matching("no such case"));
    }

    [Fact]
    public void Every_micro_case_except_the_largest_runs()
    {
        foreach (MicroCase micro in MicroCases.All.Where(micro => !micro.Name.Contains("1000000", StringComparison.Ordinal))) micro.Prepare()(3);
    }

    [Fact]
    public void Micro_result_reports_median_and_spread()
    {
        MicroResult odd = MicroResult.Of("x", [30, 10, 20], 4);
        MicroResult even = MicroResult.Of("x", [40, 10, 20, 30], 4);

        Assert.Equal((20, 10, 30, 1, 5e7, 4), (odd.MedianNs, odd.MinNs, odd.MaxNs, odd.Spread, odd.OpsPerSecond, odd.AllocatedBytes));
        Assert.Equal(25, even.MedianNs);
    }

    private static LoadPlan Plan(string line)
    {
        ParseResult parsed = CommandLine.Create().Parse(line);
        Assert.Empty(parsed.Errors);
        Assert.True(FanoutCommand.TryRead(parsed, out LoadPlan? plan, out string? error), error);
        return plan!;
    }
}
