using System.Net;
using System.Net.Sockets;
using Garnet;
using Garnet.server;

namespace Cecelia.Relay.Redis;

/// <summary>
/// A Redis server inside this process (Garnet), on loopback, for trying out the relay without installing Redis. Stores nothing on disk and little in memory,
/// since only publish and subscribe are needed. Stops with <see cref="Dispose"/>.
/// </summary>
internal sealed class EmbeddedRedis : IDisposable
{
    /// <summary>Maximum number of attempts. Another process may take a free port before Garnet binds it, but hardly this many times in a row.</summary>
    private const int MaxAttempts = 5;

    private readonly GarnetServer _server;

    private EmbeddedRedis(GarnetServer server, int port)
    {
        _server = server;
        Port = port;
    }

    public int Port { get; }

    public RedisUrl Url => RedisUrl.For("127.0.0.1", Port);

    /// <summary>Starts a server on <paramref name="preferredPort"/> when that is free, otherwise (and for zero) on any free port.</summary>
    /// <exception cref="RedisUnreachableException">It could not be started.</exception>
    public static EmbeddedRedis Start(int preferredPort)
    {
        string reason = "";
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            int port = FindFreePort(attempt == 0 ? preferredPort : 0);
            var server = new GarnetServer(new GarnetServerOptions
            {
                EndPoints = [new IPEndPoint(IPAddress.Loopback, port)],
                QuietMode = true,
                LogMemorySize = "16m",
                PageSize = "1m",
                IndexMemorySize = "1m",
            });
            try
            {
                server.Start();
                return new EmbeddedRedis(server, port);
            }
            catch (SocketException taken)
            {
                reason = taken.Message;
                server.Dispose();
            }
        }

        throw new RedisUnreachableException($"the embedded Redis could not be started: {reason}");
    }

    public void Dispose() => _server.Dispose();

    private static int FindFreePort(int preferred)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            // Without this a port that is in use could be bound a second time on some systems.
            socket.ExclusiveAddressUse = true;
            socket.Bind(new IPEndPoint(IPAddress.Loopback, preferred));
            return ((IPEndPoint)socket.LocalEndPoint!).Port;
        }
        catch (SocketException) when (preferred != 0)
        {
            return FindFreePort(0);
        }
    }
}
