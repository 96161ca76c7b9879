using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Connections;

/// <summary>A request whose response headers have been sent, together with everything that its <see cref="Connection"/> starts from.</summary>
/// <param name="Context">The request that serves the connection.</param>
/// <param name="MakeSink">Creates the sink of the connection's client.</param>
/// <param name="View">The client's view, on the pump that serves it.</param>
/// <param name="Start">The first frame, snapshot and position of the client.</param>
/// <param name="Greeting">The messages of the relay subprotocol; null without the subprotocol.</param>
internal sealed record AcceptedConnection(
    HttpContext Context, Func<Client, ISink> MakeSink, PumpedView View, StartPoint Start, RelayGreeting? Greeting)
{
    /// <summary>The rights of the connection; null without access control.</summary>
    public ConnectionAccess? Access { get; init; }

    /// <summary>The origin of the request.</summary>
    public ConnectionOrigin Origin { get; init; } = ConnectionOrigin.Unknown;
}
