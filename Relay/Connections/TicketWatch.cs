using Cecelia.Relay.Access;

namespace Cecelia.Relay.Connections;

/// <summary>
/// Finds out periodically which tickets of open connections have been revoked. The sweeper then closes their connections. <see cref="RunAsync"/> is the body
/// of a duty.
/// </summary>
internal sealed class TicketWatch(ConnectionTable table, TicketStore tickets, TokenOptions options, TimeProvider time)
{
    /// <summary>Checks the tickets until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.TicketInterval, time);
        var open = new List<Connection>();
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            table.CopyTo(open);
            List<Ticket> inUse = [.. open.Select(connection => connection.Ticket).OfType<Ticket>()];
            // Do not keep ended connections in memory until the next check.
            open.Clear();
            await tickets.CheckAsync(inUse, cancellationToken);
        }
    }
}
