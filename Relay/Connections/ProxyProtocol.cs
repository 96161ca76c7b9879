using System.IO.Pipelines;
using System.Net;
using Cecelia.Relay.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace Cecelia.Relay.Connections;

/// <summary>
/// Reads the client's address from the PROXY protocol header, with which each connection of a trusted proxy must begin
/// (<see cref="ConnectionOptions.ProxyProtocol"/>). Connections from other addresses are not changed. Thread-safe.
/// </summary>
internal sealed partial class ProxyProtocol(ConnectionOptions options, AcceptedSockets sockets, TimeProvider time, ILogger<ProxyProtocol> logger)
{
    private readonly ReasonLog _logged = new(time);

    /// <summary>Returns the connection middleware that reads the header before TLS and HTTP.</summary>
    public ConnectionDelegate Use(ConnectionDelegate next) =>
        connection => connection.RemoteEndPoint is IPEndPoint peer && options.Trusts(peer.Address) ? ServeAsync(connection, peer, next) : next(connection);

    private async Task ServeAsync(ConnectionContext connection, IPEndPoint peer, ConnectionDelegate next)
    {
        if (await ReadAsync(connection))
        {
            await next(connection);
            return;
        }

        sockets.Cut(SocketCut.ProxyHeader);
        if (_logged.MayLog("")) LogNoHeader(logger, peer.Address.ToString());
        connection.Abort(new ConnectionAbortedException("A trusted proxy sent no PROXY protocol header."));
    }

    /// <summary>Returns false if no complete header was received within the handshake timeout.</summary>
    private async Task<bool> ReadAsync(ConnectionContext connection)
    {
        PipeReader input = connection.Transport.Input;
        using var late = new CancellationTokenSource(options.HandshakeTimeout, time);
        try
        {
            while (true)
            {
                ReadResult read = await input.ReadAsync(late.Token);
                switch (ProxyHeader.Read(read.Buffer, out int length, out IPEndPoint? client))
                {
                    case ProxyHeaderState.Complete:
                        input.AdvanceTo(read.Buffer.GetPosition(length));
                        if (client is not null) connection.RemoteEndPoint = client;
                        return true;
                    case ProxyHeaderState.Incomplete when !read.IsCompleted:
                        input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                        break;
                    default:
                        input.AdvanceTo(read.Buffer.End);
                        return false;
                }
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException)
        {
            return false;
        }
    }

    [LoggerMessage(
        EventIds.NoProxyHeader,
        LogLevel.Warning,
        "A connection from the trusted proxy {Address} was aborted: it does not begin with a PROXY protocol header. Enable the header at the "
            + "proxy (HAProxy: send-proxy-v2, and check-send-proxy for checks), or set CECELIA_PROXY_PROTOCOL=false",
        EventName = "NoProxyHeader")]
    private static partial void LogNoHeader(ILogger logger, string address);
}
