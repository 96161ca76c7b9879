using Cecelia.Relay.Access;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Connections;

/// <summary>Creates the <see cref="RelayGreeting"/> of each connection. Thread-safe.</summary>
internal sealed class RelayGreetingFactory(ConnectionOptions options, CommandOptions commands, StateOptions state, Instance instance, TimeProvider time)
{
    /// <summary>Returns null if the view is not in the format of the relay subprotocol.</summary>
    /// <param name="context">The request of the connection.</param>
    /// <param name="transport">Its transport: the client of an event stream cannot send commands.</param>
    /// <param name="kind">The view that the client asked for.</param>
    public RelayGreeting? Create(HttpContext context, Transport transport, ViewKind kind)
    {
        if (kind.Format != WireFormat.Subprotocol) return null;
        IReadOnlyList<string>? names = transport == Transport.WebSocket ? commands.OfferedNames : null;
        return new RelayGreeting(context.Connection.Id, instance.Name, options, names, time, kind.Encoding, state.SilentAfter)
        {
            Grant = context.Features.Get<Grant>(),
        };
    }
}
