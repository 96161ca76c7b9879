using System.Globalization;
using System.Net;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Connections;

/// <summary>The origin of a connection: its names, peer and user. Immutable.</summary>
/// <param name="Number">Number of the connection, unique in this instance; from 1.</param>
/// <param name="Instance">Name of this instance.</param>
/// <param name="Name">Its name, as in <c>relay:hello</c> and in the logs. Streams of one HTTP/2 connection share it.</param>
/// <param name="Address">Address of the peer.</param>
/// <param name="User">The user that its request named; empty if it named none, null if the name is unusable.</param>
internal sealed record ConnectionOrigin(long Number, string Instance, string Name, IPAddress Address, string? User)
{
    /// <summary>The id among all instances: <c>INSTANCE-NUMBER</c>. Made on request, since few connections are ever asked for it.</summary>
    public string Id => string.Create(CultureInfo.InvariantCulture, $"{Instance}-{Number}");

    /// <summary>The origin of a connection that has none.</summary>
    public static ConnectionOrigin Unknown { get; } = new(0, "", "", IPAddress.None, "");
}

/// <summary>Creates the <see cref="ConnectionOrigin"/> of each connection. Thread-safe.</summary>
internal sealed class ConnectionOrigins(CommandOptions options, Instance instance)
{
    private long _last;

    public ConnectionOrigin Create(HttpContext context, IPAddress address)
    {
        long number = Interlocked.Increment(ref _last);
        return new ConnectionOrigin(number, instance.Name, context.Connection.Id, address, ClientUser.Find(context.Request, options));
    }
}
