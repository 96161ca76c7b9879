using System.Diagnostics;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Connections;

/// <summary>
/// The graceful shutdown. From <see cref="Begin"/> on, the relay reports that it is not ready. After a delay it refuses connections and closes the open ones
/// with 1001, each at a random time within a window. Connections that are still open at the end of the grace period are ended at once.
/// </summary>
/// <remarks>
/// While the drain works on a copy of the table, the other side may be in any of these situations:
/// <list type="number">
/// <item>A request was admitted before the drain began and is not in the table yet. It counts in <see cref="ConnectionTable.Count"/>, so the loop runs until
/// it has been added and closed, or has ended. One that is added after the grace period is ended by the table.</item>
/// <item>The sweeper, the pump or the peer is closing the same connection. The first reason is kept; the second <see cref="Connection.Close"/> does
/// nothing.</item>
/// <item>The request of a connection in the copy has ended. <see cref="Connection.EndAsync"/> has then marked it, and an abort does nothing.</item>
/// </list>
/// </remarks>
internal sealed partial class Drain(ConnectionTable table, ConnectionOptions options, TimeProvider time, ILogger<Drain> logger)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(1);
    private volatile bool _begun;
    private volatile bool _closing;

    /// <summary>True after the shutdown has begun: the relay is not ready.</summary>
    public bool HasBegun => _begun;

    /// <summary>True while connections are refused.</summary>
    public bool IsClosing => _closing;

    public void Begin() => _begun = true;

    /// <summary>Runs the shutdown until every connection has ended or the grace period has passed. Throws nothing.</summary>
    /// <param name="catchUp">
    /// Receives the events that were published before the shutdown, within the given time, so that each client gets them before it is closed. Throws nothing.
    /// </param>
    public async Task RunAsync(Func<TimeSpan, Task> catchUp)
    {
        Begin();
        int open = 0;
        Activity? span = null;
        try
        {
            // A load balancer that has not checked readiness yet still sends clients, and they are served.
            if (options.DrainDelay > TimeSpan.Zero) await Task.Delay(options.DrainDelay, time);
            long start = time.GetTimestamp();
            if (table.Count > 0 && options.ShutdownGrace > TimeSpan.Zero) await catchUp(options.ShutdownGrace / 4);
            _closing = true;
            table.Gate.OpenForGood();
            open = table.Count;
            span = Spans.Start(Spans.Drain);
            LogDraining(logger, open, options.ShutdownGrace.TotalSeconds);
            await CloseAllAsync(start);
        }
        catch (Exception fault)
        {
            // Shutdown continues: the connections that could not be closed are ended below.
            _closing = true;
            LogFault(logger, fault);
        }

        int left = table.EndAll();
        // They end at once, unless there is a fault.
        long ended = time.GetTimestamp();
        while (table.Count > 0 && time.GetElapsedTime(ended) < EndLimit) await Task.Delay(PollInterval, time);
        LogDrainEnded(logger, Math.Max(0, open - left), left);
        span?.SetTag("relay.connections.open", open).SetTag("relay.connections.cut", left).Dispose();
    }

    private async Task CloseAllAsync(long start)
    {
        long closing = time.GetTimestamp();
        var connections = new List<Connection>();
        while (table.Count > 0 && time.GetElapsedTime(start) < options.ShutdownGrace)
        {
            // Close the share of the remaining connections that this interval is of the remaining window. A connection that was being accepted
            // when the drain began appears later and is included then.
            table.CopyTo(connections);
            TimeSpan left = options.DrainWindow - time.GetElapsedTime(closing);
            double share = left <= PollInterval ? 1 : PollInterval / left;
            foreach (Connection connection in connections)
            {
                if (share >= 1 || Random.Shared.NextDouble() < share) Close(connection);
            }

            await Task.Delay(PollInterval, time);
        }
    }

    /// <summary>Closes one connection, or aborts it if that fails. A failure does not affect the other connections.</summary>
    private void Close(Connection connection)
    {
        try
        {
            connection.Close(CloseReason.ShuttingDown, options.DrainWindow + TimeSpan.FromSeconds(1));
        }
        catch (Exception fault)
        {
            connection.Abort();
            LogFault(logger, fault);
        }
    }
}
