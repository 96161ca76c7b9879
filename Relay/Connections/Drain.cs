using System.Diagnostics;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Connections;

/// <summary>
/// The end of service: from <see cref="Begin"/> on the relay is not ready, after a time it accepts no connection, and those that are open are closed with
/// 1001 one by one, at random within a window; what is left when the grace is over is ended at once.
/// </summary>
internal sealed partial class Drain(ConnectionTable table, ReadinessGate recovery, ConnectionOptions options, TimeProvider time, ILogger<Drain> logger)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);
    private volatile bool _begun;
    private volatile bool _closing;

    /// <summary>True: not ready.</summary>
    public bool HasBegun => _begun;

    /// <summary>True: upgrades are refused.</summary>
    public bool IsClosing => _closing;

    public void Begin() => _begun = true;

    /// <param name="catchUp">
    /// Takes in the events that were published before, within the time that it is given, so that each client gets them before it is closed. Throws nothing.
    /// </param>
    public async Task RunAsync(Func<TimeSpan, Task> catchUp)
    {
        Begin();
        int open = 0;
        Activity? span = null;
        try
        {
            // A load balancer that has not looked yet still sends clients here, and they are served.
            if (options.DrainDelay > TimeSpan.Zero) await Task.Delay(options.DrainDelay, time);
            long start = time.GetTimestamp();
            if (table.Count > 0 && options.ShutdownGrace > TimeSpan.Zero) await catchUp(options.ShutdownGrace / 4);
            _closing = true;
            recovery.OpenForGood();
            open = table.Count;
            span = Spans.Start(Spans.Drain);
            LogDraining(logger, open, options.ShutdownGrace.TotalSeconds);
            await CloseAllAsync(start);
        }
        catch (Exception fault)
        {
            // Shutdown continues: what could not be closed in an orderly way is aborted.
            _closing = true;
            LogFault(logger, fault);
        }

        var left = new List<Connection>();
        table.CopyTo(left);
        foreach (Connection connection in left) connection.End();
        LogDrainEnded(logger, open - left.Count, left.Count);
        span?.SetTag("relay.connections.open", open).SetTag("relay.connections.cut", left.Count).Dispose();
    }

    private async Task CloseAllAsync(long start)
    {
        long closing = time.GetTimestamp();
        var connections = new List<Connection>();
        while (table.Count > 0 && time.GetElapsedTime(start) < options.ShutdownGrace)
        {
            // Of those that are left, as many as the time that has passed is of the time that was left. One that was being accepted when the
            // drain began turns up late and has its turn too.
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

    /// <summary>One that cannot be told is cut, and keeps none of the others from being told.</summary>
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
