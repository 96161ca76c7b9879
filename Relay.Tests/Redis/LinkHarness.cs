using System.Collections.Concurrent;
using System.Text;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Redis;
using Microsoft.Extensions.Logging;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>A running link, its queue, and every line that it logged.</summary>
internal sealed class LinkHarness : IAsyncDisposable, ILogger<RedisLink>
{
    public const int MaxPayloadBytes = 256 * 1024;

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public LinkHarness(string url, long queueBytes = 64 * 1024 * 1024)
        : this(Parse(url), queueBytes)
    {
    }

    public LinkHarness(
        RedisUrl url,
        long queueBytes = 64 * 1024 * 1024,
        string instance = "test",
        RedisOptions? options = null,
        TimeSpan? stepDeadline = null,
        TimeProvider? time = null)
    {
        Queue = new IngestQueue(new IngestOptions { QueueBytes = queueBytes });
        var callbacks = new RedisCallbacks(MaxPayloadBytes)
        {
            WaitForRoom = Queue.WaitForRoom,
            EventArrived = (channel, payload, length) => Queue.TryAdd(channel, payload, length),
            BarrierArrived = nonce => Barriers.Enqueue((nonce, Queue.Received)),
            RequestArrived = nonce => Requests.Enqueue((nonce, Queue.Received)),
        };
        Link = new RedisLink(new RedisContext(url, options ?? new RedisOptions(), instance, time ?? TimeProvider.System), callbacks, this)
        {
            StepDeadline = stepDeadline ?? TimeSpan.FromSeconds(1),
        };
        Link.Changed += Changes.Enqueue;
        // Outside xunit's synchronization context, whose few threads a test may block: the relay has none.
        _running = Task.Run(() => Link.RunAsync(_stop.Token));
    }

    public IngestQueue Queue { get; }

    public RedisLink Link { get; }

    /// <summary>The barriers that arrived, and the number of events that had arrived before each.</summary>
    public ConcurrentQueue<(Guid Nonce, long Received)> Barriers { get; } = new();

    /// <summary>The requests that arrived, and the number of events that had arrived before each.</summary>
    public ConcurrentQueue<(Guid Nonce, long Received)> Requests { get; } = new();

    public ConcurrentQueue<RedisLinkStatus> Changes { get; } = new();

    public ConcurrentQueue<(LogLevel Level, int Event, string Text)> Logged { get; } = new();

    public string AllLogged => string.Join('\n', Logged.Select(entry => entry.Text));

    public static RedisUrl Parse(string url) => RedisUrl.TryParse(url, out RedisUrl? parsed, out string? error) ? parsed : throw new ArgumentException(error);

    public Task<TimeSpan> WaitUntilSubscribedAsync(TimeSpan? deadline = null) =>
        Eventually.TrueAsync(() => Link.Status.Status == RedisLinkStatusKind.Subscribed, deadline, () => $"{Link.Status}\n{AllLogged}");

    public Task<TimeSpan> WaitUntilLostAsync() =>
        Eventually.TrueAsync(() => Link.Status.Status == RedisLinkStatusKind.Lost, describe: () => $"{Link.Status}\n{AllLogged}");

    /// <summary>Takes the messages since the last call, until there are <paramref name="count"/>, as "channel payload".</summary>
    public async Task<List<string>> TakeAsync(int count, TimeSpan? deadline = null)
    {
        var taken = new List<string>();
        await Eventually.TrueAsync(
            () =>
            {
                taken.AddRange(TakeAll());
                return taken.Count >= count;
            },
            deadline,
            () => $"{taken.Count} of {count} messages; {Link.Status}");
        return taken;
    }

    public List<string> TakeAll()
    {
        var taken = new List<string>();
        while (Queue.TryTake(out IngestItem item))
        {
            taken.Add(item.Dropped > 0 ? $"dropped {item.Dropped}" : $"{Encoding.UTF8.GetString(item.Channel)} {Encoding.UTF8.GetString(item.Payload)}");
        }

        return taken;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.Within();
        await Link.DisposeAsync();
        Queue.Dispose();
        _stop.Dispose();
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Logged.Enqueue((logLevel, eventId.Id, $"{formatter(state, exception)} {exception}"));
}
