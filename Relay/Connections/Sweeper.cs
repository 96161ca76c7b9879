using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Connections;

/// <summary>One timer for the deadlines of all connections: pings, silence, stalled sends, unanswered close frames.</summary>
internal sealed class Sweeper(ConnectionTable table, ConnectionOptions options, FanoutOptions fanout, Feed feed, TimeProvider time) : IHostedService, IDisposable
{
    private readonly List<OpenConnection> _swept = [];
    private ITimer? _timer;
    private int _running;
    private long _pinged = time.GetTimestamp();

    public Task StartAsync(CancellationToken cancellationToken)
    {
        TimeSpan period = TimeSpan.FromSeconds(1);
        foreach (TimeSpan deadline in (ReadOnlySpan<TimeSpan>)[options.PingInterval, options.CloseTimeout, fanout.SendTimeout])
        {
            if (deadline > TimeSpan.Zero && deadline / 4 < period) period = deadline / 4;
        }

        _timer = time.CreateTimer(_ => Sweep(), null, period, period);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    private void Sweep()
    {
        // A sweep that takes longer than the period is not joined by another.
        if (Interlocked.Exchange(ref _running, 1) == 1) return;
        table.CopyTo(_swept);
        long sendTimeoutMs = (long)fanout.SendTimeout.TotalMilliseconds;
        foreach (OpenConnection connection in _swept) connection.Sweep(sendTimeoutMs);
        _swept.Clear();
        if (options.PingInterval > TimeSpan.Zero && time.GetElapsedTime(_pinged) >= options.PingInterval)
        {
            _pinged = time.GetTimestamp();
            feed.Ping();
        }

        Volatile.Write(ref _running, 0);
    }
}
