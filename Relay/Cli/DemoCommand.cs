using System.CommandLine;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Cli;

/// <summary>The <c>demo</c> command: a simulated Brain that publishes to Redis.</summary>
internal static class DemoCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<double> rate = NumberOption.Create(
            "--rate", "TASKS", 0.001, 100_000.0, 1.0, "New tasks per second. Default 1. A task runs for about 3 s, or less if the slots would not suffice.");
        Option<int> count = NumberOption.Create(
            "--count", "TASKS", 0, int.MaxValue, 0, "Stop after this number of tasks has ended. Default 0: run until stopped.");
        Option<int> slots = NumberOption.Create(
            "--slots", "SLOTS", 1, 10_000, 4, "Maximum number of tasks that the executor runs at the same time. Default 4.");
        Option<double> fail = NumberOption.Create("--fail", "PERCENT", 0.0, 100, 10, "Percentage of the tasks that fail. Default 10.");
        var projects = new Option<string>("--project")
        {
            HelpName = "IDS",
            Description = "Comma-separated projects of the tasks. Default website,billing.",
            DefaultValueFactory = _ => "website,billing",
        };
        Option<string?> channel = PublishCommand.CreateChannelOption();
        Option<string?> redis = PublishCommand.CreateRedisOption();
        projects.Validators.Add(result =>
        {
            if (Split(result.Tokens.Count == 0 ? "x" : result.Tokens[^1].Value).Length == 0)
            {
                result.AddError("--project must name at least one project, for example --project website,billing");
            }
        });

        var command = new Command(
            "demo",
            "Simulate a Brain: publish the events of tasks and of an executor to Redis, and obey the commands of clients.\nTasks are queued, run with "
                + "progress, and complete or fail, until you press Ctrl+C or --count is reached. Every fifth is a workflow, which streams text and accepts "
                + "input; without --count, now and then one waits for input, for at most 90 s.\nTo see the events, start the relay with `Relay`, then open "
                + "http://localhost:5221/ or run `Relay watch`. The Command Center has all actions if the relay has "
                + $"CECELIA_COMMAND_NAMES={DemoCommands.Names}. The demo obeys these commands for its own tasks; for others it replies with an error.")
        {
            rate, count, slots, fail, projects, channel, redis,
        };
        HelpPage.AddTo(command, terminal, "Relay demo", "Relay demo --rate 20 --slots 16 --fail 25", "Relay demo --count 5 --project website");
        command.SetAction((parsed, cancellationToken) =>
        {
            var plan = new DemoPlan
            {
                Rate = parsed.GetValue(rate),
                Count = parsed.GetValue(count),
                Slots = parsed.GetValue(slots),
                FailPercent = parsed.GetValue(fail),
                Projects = Split(parsed.GetValue(projects)!),
            };
            return RunAsync(plan, parsed.GetValue(redis), parsed.GetValue(channel), terminal, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(DemoPlan plan, string? url, string? channel, Terminal terminal, CancellationToken cancellationToken)
    {
        if (!EffectiveSettings.TryReadTarget(terminal, url, channel, out RedisUrl redis, out string target)) return ExitCode.Usage;
        try
        {
            await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(redis, cancellationToken);
            await terminal.Out.WriteLineAsync($"Publishing on {target} at {redis.Masked}{(plan.Count == 0 ? " until you press Ctrl+C" : "")}.");
            var runner = new DemoRunner(new DemoBrain(plan, Random.Shared), payload => publisher.PublishAsync(target, payload), terminal);
            await RunAsync(runner, redis, terminal, cancellationToken);
            return ExitCode.Done;
        }
        catch (RedisUnreachableException unreachable)
        {
            await terminal.Error.WriteLineAsync(unreachable.Message);
            await terminal.Error.WriteLineAsync(
                $"Is Redis running at {redis.Masked}? Start `Relay`, which can embed one, or name another with --redis URL or CECELIA_REDIS_URL.");
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
    }

    /// <summary>Runs the demo, and receives commands meanwhile.</summary>
    private static async Task RunAsync(DemoRunner runner, RedisUrl redis, Terminal terminal, CancellationToken cancellationToken)
    {
        string channel = new RedisOptions { ChannelPrefix = redis.ChannelPrefix }.CommandsChannel;
        await terminal.Out.WriteLineAsync(
            $"Obeying commands on {channel}. For all actions in the Command Center, start the relay with CECELIA_COMMAND_NAMES={DemoCommands.Names}.");
        var subscription = new RedisSubscription(redis, [channel], DemoCommands.MaxBytes, OnMessage, terminal.Time)
        {
            Refused = reason => terminal.Error.WriteLine($"{reason}. The demo does not receive commands."),
        };
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task receiving = subscription.RunAsync(ended.Token);
        try
        {
            await runner.RunAsync(cancellationToken);
        }
        finally
        {
            await ended.CancelAsync();
            await receiving;
        }

        void OnMessage(bool isPattern, ReadOnlySpan<byte> name, byte[] payload, long length)
        {
            if (length <= DemoCommands.MaxBytes) runner.Receive(payload);
        }
    }

    private static string[] Split(string projects) => projects.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
