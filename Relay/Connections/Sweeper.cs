using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Connections;

/// <summary>
/// Enforces the deadlines of all connections: pings, silence, stalled sends, unanswered close frames. <see cref="RunAsync"/> is called again after a failure.
/// </summary>
internal sealed partial class Sweeper(ConnectionTable table, ConnectionOptions options, FanoutOptions fanout, Feed feed, TimeProvider time, ILogger<Sweeper> logger)
{
    private readonly List<Connection> _swept = [];
    private long _pinged = time.GetTimestamp();

    /// <summary>Sweeps again and again until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeSpan period = TimeSpan.FromSeconds(1);
        foreach (TimeSpan deadline in (ReadOnlySpan<TimeSpan>)[options.PingInterval, options.CloseTimeout, options.MessageTimeout, fanout.SendTimeout])
        {
            if (deadline > TimeSpan.Zero && deadline / 4 < period) period = deadline / 4;
        }

        // Not one delay after another: a sweep that takes long, on a busy machine, must not add to the period.
        using var timer = new PeriodicTimer(period, time);
        while (await timer.WaitForNextTickAsync(cancellationToken)) Sweep();
    }

    private void Sweep()
    {
        table.CopyTo(_swept);
        try
        {
            long sendTimeoutMs = (long)fanout.SendTimeout.TotalMilliseconds;
            foreach (Connection connection in _swept) Sweep(connection, sendTimeoutMs);
        }
        finally
        {
            // Connections that are over are not to be held until the next sweep.
            _swept.Clear();
        }

        if (options.PingInterval == TimeSpan.Zero || time.GetElapsedTime(_pinged) < options.PingInterval) return;
        _pinged = time.GetTimestamp();
        feed.Ping();
    }

    /// <summary>A fault with one connection, a bug or a moment without memory, ends that connection and keeps none of the others from being swept.</summary>
    private void Sweep(Connection connection, long sendTimeoutMs)
    {
        try
        {
            connection.CheckDeadlines(sendTimeoutMs);
        }
        catch (Exception fault)
        {
            connection.Fail();
            LogFault(logger, fault);
        }
    }
}
