using System.Net;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>Decides whether a request may become a connection: shutdown, settings, limits and readiness. Thread-safe.</summary>
internal sealed class ConnectionAdmission(
    ConnectionOptions options, ConnectionTable table, Drain drain, AcceptedSockets sockets, ConnectionTelemetry telemetry)
{
    /// <summary>True while requests must wait until the relay is ready.</summary>
    public bool MustWait => table.Gate.IsClosed;

    /// <summary>Returns the refusal while the relay accepts no connections, otherwise null.</summary>
    public RequestRefusal? Check()
    {
        if (drain.IsClosing) return RequestRefusal.ShuttingDown;
        return options.Enabled ? null : RequestRefusal.Disabled;
    }

    /// <summary>Reserves a connection, which <see cref="Release"/> frees; returns the refusal if a limit has been reached.</summary>
    public RequestRefusal? Admit(IPAddress address, Transport transport) => table.Admit(address, transport);

    /// <summary>Frees the reservation of <see cref="Admit"/>.</summary>
    public void Release(IPAddress address, Transport transport) => table.Release(address, transport);

    /// <inheritdoc cref="AcceptedSockets.RemoveDetached"/>
    public void ReleaseSocket() => sockets.RemoveDetached();

    /// <inheritdoc cref="ConnectionTable.Add"/>
    public void Add(Connection connection) => table.Add(connection);

    /// <inheritdoc cref="ConnectionTable.Remove"/>
    public void Remove(Connection connection) => table.Remove(connection);

    /// <summary>Waits until the relay is ready, or has not become ready in time; call <see cref="Check"/> again afterwards.</summary>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken) => table.Gate.WaitAsync(cancellationToken);

    /// <summary>Counts and logs the refusal, and sends it as the response.</summary>
    public Task RefuseAsync(HttpContext context, RequestRefusal refusal, Transport transport)
    {
        telemetry.Refused(refusal, transport);
        return refusal.AnswerAsync(context);
    }
}
