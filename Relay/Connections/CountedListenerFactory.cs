using System.Net;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Cecelia.Relay.Connections;

/// <summary>Binds the listeners of a transport and counts the sockets that they accept.</summary>
/// <param name="sockets">Counts the sockets.</param>
/// <param name="transport">Options of both transports.</param>
/// <param name="fanout">The size of the send buffers.</param>
/// <param name="pools">Creates the memory pools of the epoll transport.</param>
/// <param name="time">The clock that limits the rate of log messages.</param>
/// <param name="loggers">Creates the loggers.</param>
/// <param name="loop">Watches the sockets of the epoll transport; null with Kestrel's own transport.</param>
internal sealed class CountedListenerFactory(
    AcceptedSockets sockets,
    IOptions<SocketTransportOptions> transport,
    FanoutOptions fanout,
    IMemoryPoolFactory<byte> pools,
    TimeProvider time,
    ILoggerFactory loggers,
    EpollLoop? loop = null) : IConnectionListenerFactory
{
    private readonly SocketTransportFactory _inner = new(transport, loggers);

    /// <exception cref="AddressInUseException">Another process listens on the endpoint.</exception>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        IConnectionListener listener = loop is null
            ? await _inner.BindAsync(endpoint, cancellationToken)
            : EpollListener.Bind(endpoint, transport.Value, loop, pools.Create(new MemoryPoolOptions { Owner = "epoll" }), fanout.SendBufferBytes);
        return new CountedListener(listener, sockets, fanout.SendBufferBytes, time, loggers.CreateLogger<CountedListener>());
    }
}
