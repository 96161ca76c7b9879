using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Connections;

/// <summary>
/// Enforces the deadlines of all connections: pings, silence, stalled sends, unanswered close frames. <see cref="RunAsync"/> is called again after a failure.
/// </summary>
/// <remarks>
/// While the sweeper works on a copy of the table, the other side may be in any of these situations:
/// <list type="number">
/// <item>The reader loop receives data and updates the time of the last receipt. A ping may then be sent that is not needed.</item>
/// <item>The pump sends to the client. Its progress is read without a lock, so a stall may be noticed one sweep late.</item>
/// <item>The drain, the pump or the peer closes the connection. The first reason is kept; the second <see cref="Connection.Close"/> does nothing.</item>
/// <item>The request of the connection has ended and its <see cref="HttpContext"/> has been reset. The connection uses only the transport's own features from
/// here, and an abort does nothing after <see cref="Connection.EndAsync"/>.</item>
/// </list>
/// </remarks>
internal sealed partial class Sweeper(
    ConnectionTable table,
    ConnectionOptions options,
    FanoutOptions fanout,
    Feed feed,
    TimeProvider time,
    ILogger<Sweeper> logger)
{
    private readonly List<Connection> _swept = [];
    private long _pinged = time.GetTimestamp();

    /// <summary>Sweeps periodically until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeSpan period = TimeSpan.FromSeconds(1);
        foreach (TimeSpan deadline in (ReadOnlySpan<TimeSpan>)[options.PingInterval, options.CloseTimeout, options.MessageTimeout, fanout.SendTimeout])
        {
            if (deadline > TimeSpan.Zero && deadline / 4 < period) period = deadline / 4;
        }

        // A timer instead of consecutive delays: the duration of a sweep, on a busy machine, must not add to the period.
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
            // Do not keep ended connections in memory until the next sweep.
            _swept.Clear();
        }

        if (options.PingInterval == TimeSpan.Zero || time.GetElapsedTime(_pinged) < options.PingInterval) return;
        _pinged = time.GetTimestamp();
        feed.Ping();
    }

    /// <summary>Sweeps one connection. A fault, be it a bug or a lack of memory, ends that connection and does not affect the others.</summary>
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
