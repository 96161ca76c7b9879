using System.CommandLine;
using System.Globalization;
using System.Text;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Cli;

/// <summary><c>publish</c>: one event from the command line, or a stream of them from standard input.</summary>
internal static class PublishCommand
{
    private const string FromInput = "-";

    public static Command Create(Terminal terminal)
    {
        var text = new Argument<string?>("event")
        {
            HelpName = "JSON|-",
            Arity = ArgumentArity.ZeroOrOne,
            Description = "The event as a JSON object, or - to publish every line of standard input as one event (also without it, when the input is a pipe or a file).",
        };
        var channel = new Option<string?>("--channel") { HelpName = "NAME", Description = "Redis channel; default: the configured prefix and 'events', so cecelia:events." };
        Option<string?> redis = CreateRedisOption();
        var raw = new Option<bool>("--raw") { Description = "Send as it is, without looking whether it is a JSON object." };
        var stream = new Option<string?>("--stream") { HelpName = "KEY", Description = "Also keep each event in this Redis Stream, at one stroke with the PUBLISH; it holds about the last 10,000. Needs Redis 5." };
        var number = new Option<string?>("--number") { HelpName = "SOURCE", Description = "Give each event a source (SOURCE and a random rest, another one for each run) and a seq counted from 1, by which the relay notices loss." };
        var command = new Command("publish", "Publish one event, or one for each line of standard input, to Redis.\nSays how many subscribers received it. Exit code 0: all sent, 1: Redis failed, 2: something was not sent because it is not a JSON object.") { text, channel, redis, raw, stream, number };
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

    /// <summary>The same for every command that publishes.</summary>
    public static Option<string?> CreateRedisOption() =>
        new("--redis", "--redis-url")
        {
            HelpName = "URL",
            Description = "Redis to publish to; default CECELIA_REDIS_URL, otherwise redis://127.0.0.1:6379. The other settings that begin with CECELIA_REDIS_ apply to it too.",
        };

    private static async Task<int> RunAsync(string? text, string? url, PublishOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        bool isStream = text is null or FromInput;
        if (text is null && terminal.InIsTerminal)
        {
            await terminal.Error.WriteLineAsync("Nothing to publish: give the event as JSON, or - to type or pipe one event a line. See `Relay publish --help`.");
            return ExitCode.Usage;
        }

        if (options.FindContradiction() is { } contradiction)
        {
            await terminal.Error.WriteLineAsync(contradiction);
            return ExitCode.Usage;
        }

        byte[] payload = isStream ? [] : Encoding.UTF8.GetBytes(text!);
        if (!isStream && !options.Raw && EventText.FindMistake(payload) is { } mistake)
        {
            await terminal.Error.WriteLineAsync($"The event is {mistake}. Quote it for the shell, or send it anyway with --raw.");
            return ExitCode.Usage;
        }

        if (!isStream && options.FindMistake(payload) is { } unfit)
        {
            await terminal.Error.WriteLineAsync($"The event is {unfit}. Publish it without --number.");
            return ExitCode.Usage;
        }

        if (!EffectiveSettings.TryReadTarget(terminal, url, options.Channel, out RedisUrl redis, out string target)) return ExitCode.Usage;
        try
        {
            await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(redis, options.Stream is null ? null : new PublishedStream(options.Stream), cancellationToken);
            NumberedPublisher? numbered = options.Number is null ? null : new NumberedPublisher(publisher, options.Number);
            Task<long> PublishAsync(byte[] bytes, CancellationToken token) => numbered?.PublishAsync(target, bytes, token) ?? publisher.PublishAsync(target, bytes, token);
            int code = ExitCode.Done;
            if (isStream) code = await PublishLinesAsync(line => PublishAsync(line, CancellationToken.None), target, options, terminal, cancellationToken);
            else await terminal.Out.WriteLineAsync(Describe("Published", await PublishAsync(payload, cancellationToken), target));
            if (numbered is { Last: > 0 }) await terminal.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Numbered 1 to {numbered.Last} as {numbered.Source}."));
            return code;
        }
        catch (RedisUnreachableException unreachable)
        {
            await terminal.Error.WriteLineAsync(unreachable.Message);
            await terminal.Error.WriteLineAsync($"Is Redis running at {redis.Masked}? --redis URL or CECELIA_REDIS_URL name another.");
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
    }

    private static async Task<int> PublishLinesAsync(Func<byte[], Task<long>> publish, string channel, PublishOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        var lines = new LinePublisher(publish, options.Raw, terminal.Error, options.FindMistake);
        bool isTooLong = false;
        try
        {
            await lines.RunAsync(terminal.In, cancellationToken);
        }
        catch (InvalidDataException tooLong)
        {
            isTooLong = true;
            await terminal.Error.WriteLineAsync($"{tooLong.Message}; nothing after it was read");
        }
        finally
        {
            string what = string.Create(CultureInfo.InvariantCulture, $"Published {lines.Published} {(lines.Published == 1 ? "event" : "events")}");
            await terminal.Out.WriteLineAsync(lines.Published == 0 ? $"{what} on {channel}." : Describe(what, lines.Receivers, channel));
            if (lines.Mistaken > 0)
            {
                await terminal.Error.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{lines.Mistaken} {(lines.Mistaken == 1 ? "line was" : "lines were")} not sent; each line must be one JSON object (`jq -c .` makes it so), or use --raw."));
            }
        }

        return lines.Mistaken > 0 || isTooLong ? ExitCode.Usage : ExitCode.Done;
    }

    private static string Describe(string what, long receivers, string channel) => receivers switch
    {
        0 => $"{what} on {channel}, but nobody was subscribed: is the relay running, and on this Redis?",
        1 => $"{what} on {channel} to 1 subscriber.",
        _ => string.Create(CultureInfo.InvariantCulture, $"{what} on {channel} to {receivers} subscribers."),
    };

    /// <summary>How to publish, as the options say it.</summary>
    private sealed record PublishOptions(string? Channel, bool Raw, string? Stream, string? Number)
    {
        /// <summary>Leaves room for the random rest in what the relay takes for a source.</summary>
        private const int MaxSourceBytes = 200;

        public string? FindContradiction()
        {
            if (Raw && Number is not null) return "--number puts fields into the event, which --raw leaves as it is: give one of them.";
            if (Stream is "") return "--stream needs the name of a key.";
            return Number is "" || Encoding.UTF8.GetByteCount(Number ?? "") > MaxSourceBytes ? $"--number needs a name of at most {MaxSourceBytes} bytes." : null;
        }

        public string? FindMistake(byte[] payload) => Number is null ? null : NumberedPublisher.FindMistake(payload);
    }
}
