using System.Net;
using Cecelia.Relay.Fanout;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Cecelia.Relay.Connections;

/// <summary>Binds Kestrel's own listeners and counts the sockets that they accept.</summary>
internal sealed class CountedListenerFactory(
    AcceptedSockets sockets,
    IOptions<SocketTransportOptions> transport,
    FanoutOptions fanout,
    TimeProvider time,
    ILoggerFactory loggers) : IConnectionListenerFactory
{
    private readonly SocketTransportFactory _inner = new(transport, loggers);

    /// <exception cref="AddressInUseException">Another process listens on the endpoint.</exception>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        IConnectionListener listener = await _inner.BindAsync(endpoint, cancellationToken);
        return new CountedListener(listener, sockets, fanout.SendBufferBytes, time, loggers.CreateLogger<CountedListener>());
    }
}
