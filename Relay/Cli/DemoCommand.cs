using System.CommandLine;
using System.Globalization;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Cli;

/// <summary><c>demo</c>: a simulated Brain that publishes to Redis.</summary>
internal static class DemoCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<double> rate = Number("--rate", "TASKS", "New tasks per second; default 1. A task runs for about 3 s, or for less when the slots could not keep up.", 1.0, 0.001, 100_000);
        Option<int> count = Number("--count", "TASKS", "Stop when so many tasks have ended; default 0: until stopped.", 0, 0, int.MaxValue);
        Option<int> slots = Number("--slots", "SLOTS", "Tasks that the executor runs at once; default 4.", 4, 1, 10_000);
        Option<double> fail = Number("--fail", "PERCENT", "How many percent of the tasks fail; default 10.", 10.0, 0, 100);
        var projects = new Option<string>("--project") { HelpName = "IDS", Description = "Projects of the tasks, by comma; default website,billing.", DefaultValueFactory = _ => "website,billing" };
        var seed = new Option<int?>("--seed") { HelpName = "NUMBER", Description = "The same seed gives the same tasks; default: another each time." };
        Option<double> speed = Number("--speed", "FACTOR", "How many times faster than the clock everything happens; default 1.", 1.0, 0.01, 1000);
        var channel = new Option<string?>("--channel") { HelpName = "NAME", Description = "Redis channel; default: the configured prefix and 'events', so cecelia:events." };
        Option<string?> redis = PublishCommand.CreateRedisOption();
        projects.Validators.Add(result =>
        {
            if (Split(result.Tokens.Count == 0 ? "x" : result.Tokens[^1].Value).Length == 0) result.AddError("--project must name at least one project, like --project website,billing");
        });

        var command = new Command("demo", "Play a simulated Brain that publishes its tasks and executor to Redis.\nTasks are queued, run with progress, and complete or fail, until stopped or --count is reached.\nStart the relay (`Relay`) and look at http://localhost:5221/ or `Relay watch`.")
        {
            rate, count, slots, fail, projects, seed, speed, channel, redis,
        };
        HelpPage.AddTo(command, terminal, "Relay demo", "Relay demo --rate 20 --slots 16 --fail 25", "Relay demo --count 5 --seed 1 --speed 4 --project website");
        command.SetAction((parsed, cancellationToken) =>
        {
            var plan = new DemoPlan
            {
                Rate = parsed.GetValue(rate),
                Count = parsed.GetValue(count),
                Slots = parsed.GetValue(slots),
                FailPercent = parsed.GetValue(fail),
                Projects = Split(parsed.GetValue(projects)!),
                Speed = parsed.GetValue(speed),
                Seed = parsed.GetValue(seed) ?? (int)(terminal.Time.GetTimestamp() & int.MaxValue),
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
            await terminal.Out.WriteLineAsync($"Publishing on {target} at {redis.Masked}{(plan.Count == 0 ? ", until Ctrl+C" : "")}.");
            await new DemoRunner(new DemoBrain(plan), payload => publisher.PublishAsync(target, payload), terminal).RunAsync(cancellationToken);
            return ExitCode.Done;
        }
        catch (RedisUnreachableException unreachable)
        {
            await terminal.Error.WriteLineAsync(unreachable.Message);
            await terminal.Error.WriteLineAsync($"Is Redis running at {redis.Masked}? `Relay` alone brings one along; --redis URL or CECELIA_REDIS_URL name another.");
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
    }

    private static string[] Split(string projects) => projects.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static Option<T> Number<T>(string name, string unit, string help, T usual, T min, T max)
        where T : struct, System.Numerics.INumber<T> =>
        new(name)
        {
            HelpName = unit,
            Description = help,
            DefaultValueFactory = _ => usual,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out T value) && value >= min && value <= max) return value;
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} must be a {(typeof(T) == typeof(int) ? "whole number" : "number")} from {min} to {max}, not '{text}'"));
                return usual;
            },
        };
}
