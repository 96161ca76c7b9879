using System.Collections.Concurrent;
using Cecelia.Relay.Events;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Redis;
using Microsoft.Extensions.Logging;

namespace Cecelia.Relay.Tests.Postgres;

/// <summary>A running bridge without the rest of a relay, and every line that it logged.</summary>
internal sealed class BridgeHarness : IAsyncDisposable, ILogger<RunsBridge>
{
    private readonly CancellationTokenSource _stop = new();
    private readonly LeasedPublisher _publisher;
    private readonly Task _running;

    public BridgeHarness(
        RedisUrl redis,
        string postgres,
        RedisOptions? options = null,
        EventLimits? limits = null,
        string instance = "test",
        TimeProvider? time = null)
    {
        Assert.True(PostgresUrl.TryParse(postgres, out PostgresUrl? url, out string? error), error);
        RedisOptions chosen = options ?? new RedisOptions();
        _publisher = new LeasedPublisher(redis, chosen, chosen.PostgresKeys, "runs", instance, TimeProvider.System);
        Bridge = new RunsBridge(url, _publisher, limits ?? new EventLimits(), () => HasSubscriber, time ?? TimeProvider.System, this);
        // Outside xunit's synchronization context, whose few threads a test may block.
        _running = Task.Run(() => Bridge.RunAsync(_stop.Token));
    }

    public RunsBridge Bridge { get; }

    public volatile bool HasSubscriber = true;

    public ConcurrentQueue<(LogLevel Level, int Event, string Text)> Logged { get; } = new();

    public bool IsLeader => Bridge.Status.State == RunsBridgeState.Leading;

    public Task<TimeSpan> WaitUntilLeaderAsync() => WaitForStateAsync(RunsBridgeState.Leading);

    public Task<TimeSpan> WaitForStateAsync(RunsBridgeState state) => Eventually.TrueAsync(() => Bridge.Status.State == state, TestTimeouts.Default, Describe);

    public string Describe() => $"{Bridge.Status}\n{string.Join('\n', Logged.Select(line => line.Text))}";

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        await _publisher.DisposeAsync();
        Assert.DoesNotContain(Logged, line => line.Level >= LogLevel.Error);
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.Within();
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Logged.Enqueue((logLevel, eventId.Id, $"{formatter(state, exception)} {exception}"));
}
