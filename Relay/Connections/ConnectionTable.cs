using System.Net;
using System.Net.Sockets;
using Cecelia.Relay.Recording;

namespace Cecelia.Relay.Connections;

/// <summary>
/// All open connections, and the limits of their number. IPv6 addresses of the same /64 network count as one address, since a single host can use all of
/// them. Thread-safe.
/// </summary>
internal sealed class ConnectionTable(
    ConnectionOptions options, ReadinessGate gate, FlightRecorder? recorder = null, TimeProvider? time = null)
{
    private readonly Lock _lock = new();
    private readonly List<Connection> _open = [];
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private readonly int[] _byTransport = new int[Enum.GetValues<Transport>().Length];
    private int _admitted;
    private bool _hasEnded;

    /// <summary>The gate that holds new connections until the stream has been recovered.</summary>
    public ReadinessGate Gate => gate;

    /// <summary>The connections that have ended last.</summary>
    public EndedConnections Ended { get; } = new(recorder?.EndedBytes ?? 0);

    /// <summary>Number of connections that have been admitted and not released.</summary>
    public int Count => Volatile.Read(ref _admitted);

    /// <summary>Returns the number of connections of one transport.</summary>
    public int CountOf(Transport transport) => Volatile.Read(ref _byTransport[(int)transport]);

    /// <summary>
    /// Reserves a connection from <paramref name="address"/>, which <see cref="Release"/> frees. Returns the refusal if a limit has been reached, otherwise
    /// null.
    /// </summary>
    public RequestRefusal? Admit(IPAddress address, Transport transport)
    {
        lock (_lock)
        {
            if (options.MaxConnections > 0 && _admitted >= options.MaxConnections) return RequestRefusal.TooManyConnections;
            if (options.MaxConnectionsPerAddress > 0)
            {
                IPAddress host = NetworkOf(address);
                int before = _byAddress.GetValueOrDefault(host);
                if (before >= options.MaxConnectionsPerAddress) return RequestRefusal.TooManyFromAddress;
                _byAddress[host] = before + 1;
            }

            AddToCount(transport, 1);
            return null;
        }
    }

    public void Release(IPAddress address, Transport transport)
    {
        lock (_lock)
        {
            AddToCount(transport, -1);
            if (options.MaxConnectionsPerAddress == 0) return;
            IPAddress host = NetworkOf(address);
            if (_byAddress[host] == 1) _byAddress.Remove(host);
            else _byAddress[host]--;
        }
    }

    /// <summary>Adds a connection that was admitted. After <see cref="EndAll"/>, it is ended.</summary>
    public void Add(Connection connection)
    {
        bool hasEnded;
        lock (_lock)
        {
            connection.TableIndex = _open.Count;
            _open.Add(connection);
            hasEnded = _hasEnded;
        }

        if (hasEnded) connection.End();
    }

    public void Remove(Connection connection)
    {
        // Before it is removed, so that a reader of both finds it.
        Ended.Add(connection.ToRecord((time ?? TimeProvider.System).GetUtcNow().ToUnixTimeMilliseconds()));
        lock (_lock)
        {
            Connection last = _open[^1];
            _open[connection.TableIndex] = last;
            last.TableIndex = connection.TableIndex;
            _open.RemoveAt(_open.Count - 1);
        }
    }

    /// <summary>Replaces the content of <paramref name="into"/> with the open connections.</summary>
    public void CopyTo(List<Connection> into)
    {
        into.Clear();
        lock (_lock) into.AddRange(_open);
    }

    /// <summary>Ends all connections, also those that have been admitted and are not added yet. Returns how many were open.</summary>
    public int EndAll()
    {
        Connection[] open;
        lock (_lock)
        {
            _hasEnded = true;
            open = [.. _open];
        }

        foreach (Connection connection in open) connection.End();
        return open.Length;
    }

    /// <summary>Returns what counts as one address: an IPv4 address, or the /64 network of an IPv6 address.</summary>
    internal static IPAddress NetworkOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }

    private void AddToCount(Transport transport, int by)
    {
        Volatile.Write(ref _admitted, _admitted + by);
        Volatile.Write(ref _byTransport[(int)transport], _byTransport[(int)transport] + by);
    }
}
