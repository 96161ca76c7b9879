using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Cli;

/// <summary>
/// Runs a <see cref="DemoBrain"/> in real time, executes the received commands, and publishes its events and replies. While Redis is unreachable, the
/// simulation continues, the events are counted as not published, and one event per second is published as an attempt. Both the outage and its end are
/// reported once.
/// </summary>
internal sealed class DemoRunner(DemoBrain brain, Func<byte[], Task<long>> publish, Terminal terminal)
{
    /// <summary>Number of commands that may wait. Further ones are dropped. The relay itself keeps 1,024.</summary>
    private const int MaxCommands = 1024;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SummaryInterval = TimeSpan.FromSeconds(5);

    private readonly DemoCommands _commands = new(brain);
    private readonly Channel<byte[]> _received = Channel.CreateBounded<byte[]>(
        new BoundedChannelOptions(MaxCommands) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private long? _failedAt;
    private long _receivers;

    public long Published { get; private set; }

    public long NotPublished { get; private set; }

    /// <summary>Queues a command. Any thread; does not block.</summary>
    public void Receive(byte[] command) => _received.Writer.TryWrite(command);

    /// <summary>Returns when the simulation has finished or was cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Tick, terminal.Time);
        long summaryAt = terminal.Time.GetTimestamp();
        try
        {
            while (!brain.IsFinished && !cancellationToken.IsCancellationRequested)
            {
                foreach (JsonObject[] batch in Step().Chunk(LinePublisher.MaxOutstanding)) await PublishAsync(batch);
                if (terminal.OutIsTerminal && terminal.Time.GetElapsedTime(summaryAt) >= SummaryInterval)
                {
                    summaryAt = terminal.Time.GetTimestamp();
                    await terminal.Out.WriteLineAsync(Summary());
                }

                if (!brain.IsFinished) await timer.WaitForNextTickAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The user has stopped the demo.
        }

        await terminal.Out.WriteLineAsync(Summary());
    }

    /// <summary>Returns the events up to now, then those of the commands, with their replies.</summary>
    private List<JsonObject> Step()
    {
        List<JsonObject> events = [.. brain.Step(terminal.Time.GetUtcNow())];
        for (int count = 0; count < MaxCommands && _received.Reader.TryRead(out byte[]? command); count++) events.AddRange(_commands.Execute(command));
        return events;
    }

    /// <summary>Publishes the events in order and waits for all replies. In an outage, publishes only the first, and only when an attempt is due.</summary>
    private async Task PublishAsync(JsonObject[] events)
    {
        bool isAttempt = _failedAt is not null;
        int count = !isAttempt ? events.Length : terminal.Time.GetElapsedTime(_failedAt!.Value) < RetryInterval ? 0 : 1;
        Task<long>[] replies = [.. events.Take(count).Select(made => publish(Encoding.UTF8.GetBytes(made.ToJsonString())))];
        NotPublished += events.Length - count;
        foreach (Task<long> reply in replies)
        {
            try
            {
                _receivers = await reply;
                Published++;
                if (_failedAt is not null)
                {
                    await terminal.Error.WriteLineAsync(
                        string.Create(CultureInfo.InvariantCulture, $"Redis is reachable again. {NotPublished} events have not been published."));
                }

                _failedAt = null;
            }
            catch (RedisUnreachableException unreachable)
            {
                NotPublished++;
                if (_failedAt is null)
                {
                    await terminal.Error.WriteLineAsync($"{unreachable.Message}. The demo continues and publishes again when Redis is reachable.");
                }

                _failedAt = terminal.Time.GetTimestamp();
            }
        }
    }

    private string Summary()
    {
        string cancelled = brain.Cancelled == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {brain.Cancelled} cancelled");
        string lost = NotPublished == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {NotPublished} not published");
        string subscribers = _failedAt is not null
            ? "Redis is unreachable"
            : _receivers == 0
            ? "no subscribers: start `Relay`"
            : string.Create(CultureInfo.InvariantCulture, $"{_receivers} subscribed");
        string time = TimeZoneInfo.ConvertTime(terminal.Time.GetUtcNow(), terminal.Time.LocalTimeZone).ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{time}  {brain.Created} tasks: {brain.Queued} queued, {brain.Running} running, {brain.Completed} completed, {brain.Failed} "
                + $"failed{cancelled}; {Published} events published{lost} ({subscribers})");
    }
}
