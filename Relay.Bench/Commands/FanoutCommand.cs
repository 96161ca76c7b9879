using System.CommandLine;
using Cecelia.Relay.Bench.Load;
using Cecelia.Relay.Cli;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Bench.Commands;

/// <summary>The <c>fanout</c> command: puts a running relay under load.</summary>
internal static class FanoutCommand
{
    private const string DefaultRelay = "ws://localhost:5221/ws";
    private const string DefaultRedis = "redis://127.0.0.1:6379";

    private static readonly Argument<string> Relay = new("URL")
    {
        Description = "The relay's WebSocket URL.",
        DefaultValueFactory = _ => DefaultRelay,
    };

    private static readonly Option<int> Clients = NumberOption.Create("--clients", "NUMBER", 1, 50_000, 100, "Number of WebSocket clients.");
    private static readonly Option<double?> Rate = NumberOption.CreateOptional(
        "--rate",
        "NUMBER",
        0.1,
        1_000_000.0,
        "Open loop: publish this number of events per second, independent of deliveries. Measures latency.");
    private static readonly Option<int?> Window = NumberOption.CreateOptional(
        "--window",
        "NUMBER",
        1,
        1_000_000,
        "Closed loop: maximum number of events that are not yet delivered to all clients. Measures throughput. [default: 64]");
    private static readonly Option<int> Size = NumberOption.Create(
        "--size",
        "NUMBER",
        StampedEvent.MinBytes,
        1024 * 1024,
        StampedEvent.MinBytes,
        "Size of each published event in bytes.");
    private static readonly Option<double> Slow = NumberOption.Create("--slow", "NUMBER", 0.0, 99, 0, "Percentage of the clients that never read.");
    private static readonly Option<double> Seconds = NumberOption.Create("--seconds", "NUMBER", 0.1, 86_400, 10, "Duration of the measurement.");
    private static readonly Option<double> WarmUp = NumberOption.Create(
        "--warmup",
        "NUMBER",
        0.0,
        3600,
        2,
        "Duration of the load before the measurement, in seconds.");
    private static readonly Option<int?> Each = NumberOption.CreateOptional(
        "--each",
        "NUMBER",
        1,
        99_999,
        "Distribute the clients over this number of tasks: client i requests ?task=task-(i mod N), and expects only the events of that task.");
    private static readonly Option<int?> ProcessId = NumberOption.CreateOptional(
        "--pid",
        "NUMBER",
        1,
        int.MaxValue,
        "Process id of the relay on this machine, to report its CPU time and memory.");

    // The option has no default value, since the help would show it, and the variable may contain a password.
    private static readonly Option<string?> Redis = new("--redis")
    {
        Description = $"The Redis that the relay subscribes to. [default: CECELIA_REDIS_URL, or {DefaultRedis} if it is not set]",
        HelpName = "URL",
    };

    private static readonly Option<string> Channel = new("--channel")
    {
        Description = "The channel to publish on.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "cecelia:events",
    };

    private static readonly Option<string?> UnixSocket = new("--unix")
    {
        Description = "The Unix socket that the relay listens on (CECELIA_WS_BIND=unix:FILE), in place of the port of its URL.",
        HelpName = "FILE",
    };

    private static readonly Option<string?> Json = new("--json") { Description = "Also write the result to this file.", HelpName = "FILE" };

    /// <summary>The end of the help page.</summary>
    public const string Examples =
        """
        Examples:
          Throughput    fanout --clients 1000 --window 64 --pid "$(pgrep -x Relay)"
          Latency       fanout ws://localhost:5221/ws --clients 500 --rate 100 --seconds 30 --json latency.json
          Slow clients  fanout --clients 1000 --slow 1 --rate 50
          Filters       fanout --clients 1000 --each 1000

        Exit code:
          0  every client received each expected event once and in order
          1  an event was lost, duplicated, out of order or sent to the wrong client
          2  the run was not possible
        """;

    public static Command Create()
    {
        var command = new Command(
            "fanout",
            "Put a running relay under load: open WebSocket clients, publish through Redis, and check that every client receives every event once and in order.")
        {
            Relay, UnixSocket, Clients, Rate, Window, Size, Slow, Seconds, WarmUp, Each, Redis, Channel, ProcessId, Json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(Rate) is not null && result.GetResult(Window) is not null)
            {
                result.AddError("Use either --rate (open loop) or --window (closed loop).");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    /// <summary>Creates the plan from the options. Returns false with an error message if they are not valid.</summary>
    public static bool TryRead(ParseResult from, out LoadPlan? plan, out string? error)
    {
        plan = null;
        error = null;
        string address = from.GetValue(Relay)!;
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? relay) || relay.Scheme is not ("ws" or "wss"))
        {
            error = $"'{address}' is not the WebSocket URL of a relay; the form is {DefaultRelay}.";
        }
        else if (relay.Scheme == "wss")
        {
            error = "wss:// is not supported: the clients are plain sockets without TLS. Use a relay without TLS, ws://.";
        }
        else if (!RedisUrl.TryParse(RedisOf(from), out RedisUrl? redis, out string? reason))
        {
            error = $"--redis {reason}.";
        }
        else if (string.IsNullOrWhiteSpace(from.GetValue(Channel)))
        {
            error = "--channel must not be empty.";
        }
        else
        {
            plan = Plan(from, relay, redis);
            if (plan.SlowClients >= plan.Clients) error = "With this --slow, none of the clients reads. Use more --clients, or a lower --slow.";
            else if (plan.ProcessId is { } id && ProcessUse.Of(id) is null) error = $"--pid {id}: there is no such process, or it cannot be accessed.";
        }

        return error is null;
    }

    private static string RedisOf(ParseResult from)
    {
        if (from.GetValue(Redis) is { } given) return given;
        return Environment.GetEnvironmentVariable("CECELIA_REDIS_URL") is { Length: > 0 } set ? set : DefaultRedis;
    }

    private static LoadPlan Plan(ParseResult from, Uri relay, RedisUrl redis) => new()
    {
        Relay = relay,
        SocketPath = from.GetValue(UnixSocket),
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
            await Console.Error.WriteLineAsync("Stopped before the measurement.");
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
