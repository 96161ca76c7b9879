namespace Cecelia.Relay.Connections;

/// <summary>
/// The end of service: from <see cref="Begin"/> on no connection is accepted, and <see cref="RunAsync"/> closes those that are open with 1001 and
/// waits until they are gone, or cuts what is left when the grace is over.
/// </summary>
internal sealed partial class Drain(ConnectionTable table, ConnectionOptions options, TimeProvider time, ILogger<Drain> logger)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
    private volatile bool _begun;

    /// <summary>True: not ready, and upgrades are refused.</summary>
    public bool Begun => _begun;

    public void Begin() => _begun = true;

    public async Task RunAsync()
    {
        Begin();
        int open = table.Count;
        LogDraining(logger, open, options.ShutdownGrace.TotalSeconds);
        long start = time.GetTimestamp();
        var connections = new List<Connection>();
        table.CopyTo(connections);
        foreach (Connection connection in connections) connection.Close(CloseReason.ShuttingDown);
        while (table.Count > 0 && time.GetElapsedTime(start) < options.ShutdownGrace)
        {
            // One that was being accepted when the drain began turns up late.
            table.CopyTo(connections);
            foreach (Connection connection in connections) connection.Close(CloseReason.ShuttingDown);
            await Task.Delay(Look, time);
        }

        table.CopyTo(connections);
        foreach (Connection connection in connections) connection.Abort();
        LogDrainEnded(logger, open - connections.Count, connections.Count);
    }
}
