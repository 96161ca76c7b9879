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
        var command = new Command("publish", "Publish one event, or one for each line of standard input, to Redis.\nSays how many subscribers received it. Exit code 0: all sent, 1: Redis failed, 2: something was not sent because it is no event.") { text, channel, redis, raw };
        HelpPage.AddTo(
            command,
            terminal,
            """Relay publish '{"event":"task:created","data":{"taskId":"t1","status":"queued"}}'""",
            "Relay publish - < events.ndjson",
            "tail -f events.ndjson | Relay publish --redis redis://:secret@redis.example:6379");
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetValue(text), parsed.GetValue(redis), parsed.GetValue(channel), parsed.GetValue(raw), terminal, cancellationToken));
        return command;
    }

    /// <summary>The same for every command that publishes.</summary>
    public static Option<string?> CreateRedisOption() =>
        new("--redis", "--redis-url") { HelpName = "URL", Description = "Redis to publish to; default CECELIA_REDIS_URL, otherwise redis://127.0.0.1:6379." };

    private static async Task<int> RunAsync(string? text, string? url, string? channel, bool raw, Terminal terminal, CancellationToken cancellationToken)
    {
        bool isStream = text is null or FromInput;
        if (text is null && terminal.InIsTerminal)
        {
            await terminal.Error.WriteLineAsync("Nothing to publish: give the event as JSON, or - to type or pipe one event a line. See `Relay publish --help`.");
            return ExitCode.Usage;
        }

        byte[] payload = isStream ? [] : Encoding.UTF8.GetBytes(text!);
        if (!isStream && !raw && EventText.FindMistake(payload) is { } mistake)
        {
            await terminal.Error.WriteLineAsync($"The event is {mistake}. Quote it for the shell, or send it anyway with --raw.");
            return ExitCode.Usage;
        }

        if (!EffectiveSettings.TryReadTarget(terminal, url, channel, out RedisUrl redis, out string target)) return ExitCode.Usage;
        try
        {
            await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(redis, cancellationToken);
            if (isStream) return await StreamAsync(publisher, target, raw, terminal, cancellationToken);
            await terminal.Out.WriteLineAsync(Describe("Published", await publisher.PublishAsync(target, payload, cancellationToken), target));
            return ExitCode.Done;
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

    private static async Task<int> StreamAsync(RedisPublisher publisher, string channel, bool raw, Terminal terminal, CancellationToken cancellationToken)
    {
        var lines = new LinePublisher(payload => publisher.PublishAsync(channel, payload), raw, terminal.Error);
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
        1 => $"{what} on {channel}; 1 subscriber received it.",
        _ => string.Create(CultureInfo.InvariantCulture, $"{what} on {channel}; {receivers} subscribers received it."),
    };
}
