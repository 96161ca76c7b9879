using System.CommandLine;
using Cecelia.Relay.Bench.Load;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Bench.Commands;

/// <summary><c>fanout</c>: load against a running relay.</summary>
internal static class FanoutCommand
{
    private const string UsualRelay = "ws://localhost:5221/ws";
    private const string UsualRedis = "redis://127.0.0.1:6379";

    private static readonly Argument<string> Relay = new("URL")
    {
        Description = "The relay's WebSocket address.",
        DefaultValueFactory = _ => UsualRelay,
    };

    private static readonly Option<int> Clients = NumberOption.Whole("--clients", 1, 50_000, 100, "WebSocket clients to open.");
    private static readonly Option<double?> Rate = NumberOption.Maybe("--rate", 0.1, 1_000_000.0, "Open loop: so many events a second, whatever becomes of them. For latency.");
    private static readonly Option<int?> Window = NumberOption.Maybe("--window", 1, 1_000_000, "Closed loop: at most so many events not yet delivered to all. For throughput. [usual: 64]");
    private static readonly Option<int> Size = NumberOption.Whole("--size", StampedEvent.SmallestBytes, 1024 * 1024, StampedEvent.SmallestBytes, "Bytes of each event as published.");
    private static readonly Option<double> Slow = NumberOption.Decimal("--slow", 0, 99, 0, "Percentage of the clients that never read.");
    private static readonly Option<double> Seconds = NumberOption.Decimal("--seconds", 0.1, 86_400, 10, "Measured time.");
    private static readonly Option<double> WarmUp = NumberOption.Decimal("--warmup", 0, 3600, 2, "Seconds of the same load before it, which are not measured.");
    private static readonly Option<int?> Each = NumberOption.Maybe("--each", 1, 99_999, "Spread the clients over so many tasks: client i asks for ?task=task-(i mod N), and is owed only the events of that task.");
    private static readonly Option<int?> ProcessId = NumberOption.Maybe("--pid", 1, int.MaxValue, "The relay's process on this machine: shows its processor time and memory.");

    // Without a usual value of the option's own, which the help would show: the variable may hold a password.
    private static readonly Option<string?> Redis = new("--redis")
    {
        Description = $"The Redis that the relay subscribes to. [usual: what CECELIA_REDIS_URL says, else {UsualRedis}]",
        HelpName = "URL",
    };

    private static readonly Option<string> Channel = new("--channel")
    {
        Description = "The channel to publish on.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "cecelia:events",
    };

    private static readonly Option<string?> Json = new("--json") { Description = "Also writes the result to this file.", HelpName = "FILE" };

    /// <summary>What the help ends with.</summary>
    public const string Examples =
        """
        Examples:
          Throughput    fanout --clients 1000 --window 64 --pid "$(pgrep -x Relay)"
          Latency       fanout ws://localhost:5221/ws --clients 500 --rate 100 --seconds 30 --json latency.json
          Slow clients  fanout --clients 1000 --slow 1 --rate 50
          Filters       fanout --clients 1000 --each 1000

        Exit code:
          0  every client got every event that it was owed, once and in order
          1  something was lost, doubled, out of order or sent to the wrong client
          2  the run could not be made
        """;

    public static Command Make()
    {
        var command = new Command(
            "fanout",
            "Puts a running relay under load: opens WebSocket clients, publishes through Redis, and checks that every client gets every event once and in order.")
        {
            Relay, Clients, Rate, Window, Size, Slow, Seconds, WarmUp, Each, Redis, Channel, ProcessId, Json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(Rate) is not null && result.GetResult(Window) is not null) result.AddError("Give --rate (open loop) or --window (closed loop), not both.");
        });
        command.SetAction(RunAsync);
        return command;
    }

    /// <summary>The plan that the options make. False with a sentence when they make none.</summary>
    public static bool TryRead(ParseResult from, out LoadPlan? plan, out string? error)
    {
        plan = null;
        error = null;
        string address = from.GetValue(Relay)!;
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? relay) || relay.Scheme is not ("ws" or "wss"))
        {
            error = $"'{address}' is not the address of a relay; the form is {UsualRelay}.";
        }
        else if (relay.Scheme == "wss")
        {
            error = "wss:// cannot be measured: the clients are bare sockets without TLS. Use the relay's plain port, ws://.";
        }
        else if (!RedisUrl.TryParse(RedisOf(from), out RedisUrl? redis, out string? wrong))
        {
            error = $"--redis {wrong}.";
        }
        else if (string.IsNullOrWhiteSpace(from.GetValue(Channel)))
        {
            error = "--channel names no channel.";
        }
        else
        {
            plan = Plan(from, relay, redis);
            if (plan.SlowClients >= plan.Clients) error = "With so few clients, that --slow leaves none that reads.";
            else if (plan.ProcessId is { } id && ProcessUse.Of(id) is null) error = $"--pid {id}: there is no such process, or it is not yours.";
        }

        return error is null;
    }

    private static string RedisOf(ParseResult from)
    {
        if (from.GetValue(Redis) is { } given) return given;
        return Environment.GetEnvironmentVariable("CECELIA_REDIS_URL") is { Length: > 0 } set ? set : UsualRedis;
    }

    private static LoadPlan Plan(ParseResult from, Uri relay, RedisUrl redis) => new()
    {
        Relay = relay,
        Redis = redis,
        Channel = from.GetValue(Channel)!,
        Clients = from.GetValue(Clients),
        SlowPercent = from.GetValue(Slow),
        Rate = from.GetValue(Rate),
        Window = from.GetValue(Window) ?? 64,
        EventBytes = from.GetValue(Size),
        Tasks = from.GetValue(Each) ?? 0,
        Duration = TimeSpan.FromSeconds(from.GetValue(Seconds)),
        WarmUp = TimeSpan.FromSeconds(from.GetValue(WarmUp)),
        ProcessId = from.GetValue(ProcessId),
    };

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var progress = new ProgressLine();
        try
        {
            if (!TryRead(parsed, out LoadPlan? plan, out string? error)) throw new BenchException(error!);
            LoadResult result = await new LoadRun(plan!, progress).RunAsync(cancellationToken);
            LoadReport.Write(plan!, result, Console.Out);
            if (parsed.GetValue(Json) is { } path) await JsonFile.WriteAsync(path, "fanout", Describe(plan!), result);
            return result.IsGood ? ExitCodes.Good : ExitCodes.BadDelivery;
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
            await Console.Error.WriteLineAsync("Stopped before there was anything to measure.");
            return ExitCodes.CannotRun;
        }
    }

    private static object Describe(LoadPlan plan) => new
    {
        Relay = plan.Relay.ToString(),
        Redis = plan.Redis.Masked,
        plan.Channel,
        plan.Clients,
        plan.SlowClients,
        plan.Rate,
        Window = plan.Rate is null ? plan.Window : (int?)null,
        plan.EventBytes,
        plan.Tasks,
        WarmUpSeconds = plan.WarmUp.TotalSeconds,
    };
}
