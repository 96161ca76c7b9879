using System.CommandLine;
using System.Globalization;
using System.Text;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Cli;

/// <summary>The <c>publish</c> command: publishes one event from the command line, or many from standard input.</summary>
internal static class PublishCommand
{
    private const string StandardInput = "-";

    public static Command Create(Terminal terminal)
    {
        var text = new Argument<string?>("event")
        {
            HelpName = "JSON|-",
            Arity = ArgumentArity.ZeroOrOne,
            Description =
                "The event as a JSON object, or - to publish each line of standard input as one event. The - may be omitted if the input is a pipe or a file.",
        };
        Option<string?> channel = CreateChannelOption();
        Option<string?> redis = CreateRedisOption();
        var raw = new Option<bool>("--raw") { Description = "Publish without checking that the event is a JSON object." };
        var stream = new Option<string?>("--stream")
        {
            HelpName = "KEY",
            Description = "Also append each event to this Redis Stream, in one transaction with the PUBLISH. The stream keeps about 10,000 events. Needs Redis 5 or later.",
        };
        var number = new Option<string?>("--number")
        {
            HelpName = "SOURCE",
            Description =
                "Number the events, so that the relay can detect loss: add source (SOURCE and a random suffix, new for each run) and seq (counted from 1).",
        };
        var command = new Command(
            "publish",
            "Publish one event, or one for each line of standard input, to Redis.\nPrints the number of subscribers that received it. Exit code 0: all events were published, 1: Redis failed, 2: an event was not published because it is not a JSON object.") { text, channel, redis, raw, stream, number };
        HelpPage.AddTo(
            command,
            terminal,
            """Relay publish '{"event":"task:created","data":{"taskId":"t1","status":"queued"}}'""",
            "Relay publish - < events.ndjson",
            "Relay publish --stream cecelia:stream --number brain - < events.ndjson",
            "tail -f events.ndjson | Relay publish --redis redis://:secret@redis.example:6379");
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(
                parsed.GetValue(text),
                parsed.GetValue(redis),
                new PublishOptions(parsed.GetValue(channel), parsed.GetValue(raw), parsed.GetValue(stream), parsed.GetValue(number)),
                terminal,
                cancellationToken));
        return command;
    }

    /// <summary>Creates the option <c>--channel</c> of the commands that publish.</summary>
    public static Option<string?> CreateChannelOption() =>
        new("--channel") { HelpName = "NAME", Description = "Redis channel. Default: the configured prefix followed by 'events', which is cecelia:events." };

    /// <summary>Creates the option <c>--redis</c> of the commands that publish.</summary>
    public static Option<string?> CreateRedisOption() =>
        new("--redis", "--redis-url")
        {
            HelpName = "URL",
            Description =
                "Redis to publish to. Default: CECELIA_REDIS_URL, or redis://127.0.0.1:6379 if it is not set. The other CECELIA_REDIS_ settings apply too.",
        };

    private static async Task<int> RunAsync(string? text, string? url, PublishOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        bool isStream = text is null or StandardInput;
        if (text is null && terminal.InIsTerminal)
        {
            await terminal.Error.WriteLineAsync(
                "No event to publish. Give the event as a JSON object, or - to read one event per line from standard input. See `Relay publish --help`.");
            return ExitCode.Usage;
        }

        if (options.FindContradiction() is { } contradiction)
        {
            await terminal.Error.WriteLineAsync(contradiction);
            return ExitCode.Usage;
        }

        byte[] payload = isStream ? [] : Encoding.UTF8.GetBytes(text!);
        if (!isStream && !options.Raw && EventText.FindError(payload) is { } invalid)
        {
            await terminal.Error.WriteLineAsync($"The event is {invalid}. Quote it for the shell, or publish it anyway with --raw.");
            return ExitCode.Usage;
        }

        if (!isStream && options.FindNumberingError(payload) is { } reason)
        {
            await terminal.Error.WriteLineAsync($"The event is {reason}. Publish it without --number.");
            return ExitCode.Usage;
        }

        if (!EffectiveSettings.TryReadTarget(terminal, url, options.Channel, out RedisUrl redis, out string target)) return ExitCode.Usage;
        try
        {
            await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(
                redis, options.Stream is null ? null : new PublishedStream(options.Stream), cancellationToken);
            NumberedPublisher? numbered = options.Number is null ? null : new NumberedPublisher(publisher, options.Number);
            Task<long> PublishAsync(byte[] bytes, CancellationToken token) =>
                numbered?.PublishAsync(target, bytes, token) ?? publisher.PublishAsync(target, bytes, token);
            int code = ExitCode.Done;
            if (isStream) code = await PublishLinesAsync(line => PublishAsync(line, CancellationToken.None), target, options, terminal, cancellationToken);
            else await terminal.Out.WriteLineAsync(Describe("Published", await PublishAsync(payload, cancellationToken), target));
            if (numbered is { Last: > 0 })
            {
                await terminal.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Numbered 1 to {numbered.Last} as {numbered.Source}."));
            }

            return code;
        }
        catch (RedisUnreachableException unreachable)
        {
            await terminal.Error.WriteLineAsync(unreachable.Message);
            await terminal.Error.WriteLineAsync($"Is Redis running at {redis.Masked}? Name another with --redis URL or CECELIA_REDIS_URL.");
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
    }

    private static async Task<int> PublishLinesAsync(
        Func<byte[], Task<long>> publish,
        string channel,
        PublishOptions options,
        Terminal terminal,
        CancellationToken cancellationToken)
    {
        var lines = new LinePublisher(publish, options.Raw, terminal.Error, options.FindNumberingError);
        bool isTooLong = false;
        try
        {
            await lines.RunAsync(terminal.In, cancellationToken);
        }
        catch (InvalidDataException tooLong)
        {
            isTooLong = true;
            await terminal.Error.WriteLineAsync($"{tooLong.Message}; the rest of the input was not read");
        }
        finally
        {
            string what = string.Create(CultureInfo.InvariantCulture, $"Published {lines.Published} {(lines.Published == 1 ? "event" : "events")}");
            await terminal.Out.WriteLineAsync(lines.Published == 0 ? $"{what} on {channel}." : Describe(what, lines.Receivers, channel));
            if (lines.Invalid > 0)
            {
                string subject = lines.Invalid == 1 ? "line was" : "lines were";
                await terminal.Error.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{lines.Invalid} {subject} not published. Each line must be one JSON object (use `jq -c .` to convert), unless you use --raw."));
            }
        }

        return lines.Invalid > 0 || isTooLong ? ExitCode.Usage : ExitCode.Done;
    }

    private static string Describe(string what, long receivers, string channel) => receivers switch
    {
        0 => $"{what} on {channel}, but there were no subscribers. Is the relay running and connected to this Redis?",
        1 => $"{what} on {channel} to 1 subscriber.",
        _ => string.Create(CultureInfo.InvariantCulture, $"{what} on {channel} to {receivers} subscribers."),
    };

    /// <summary>The options of the command.</summary>
    private sealed record PublishOptions(string? Channel, bool Raw, string? Stream, string? Number)
    {
        /// <summary>Leaves room for the random suffix within the relay's limit for a source.</summary>
        private const int MaxSourceBytes = 200;

        public string? FindContradiction()
        {
            if (Raw && Number is not null) return "--number adds fields to the event, but --raw publishes it unchanged. Use only one of them.";
            if (Stream is "") return "--stream must name a key.";
            return Number is "" || Encoding.UTF8.GetByteCount(Number ?? "") > MaxSourceBytes
                ? $"--number must be a name of 1 to {MaxSourceBytes} bytes."
                : null;
        }

        public string? FindNumberingError(byte[] payload) => Number is null ? null : NumberedPublisher.FindError(payload);
    }
}
