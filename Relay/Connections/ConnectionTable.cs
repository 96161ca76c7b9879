using System.Net;

namespace Cecelia.Relay.Connections;

/// <summary>All open connections, and the limits on their number. Thread-safe.</summary>
internal sealed class ConnectionTable(ConnectionOptions options)
{
    private readonly Lock _gate = new();
    private readonly List<Connection> _open = [];
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private int _admitted;

    /// <summary>Connections admitted and not yet released.</summary>
    public int Count => Volatile.Read(ref _admitted);

    /// <summary>Takes a place for a connection from <paramref name="address"/>; <see cref="Release"/> gives it back.</summary>
    public Admission Admit(IPAddress address)
    {
        lock (_gate)
        {
            if (options.MaxConnections > 0 && _admitted >= options.MaxConnections) return Admission.Full;
            if (options.MaxConnectionsPerAddress > 0)
            {
                int before = _byAddress.GetValueOrDefault(address);
                if (before >= options.MaxConnectionsPerAddress) return Admission.AddressFull;
                _byAddress[address] = before + 1;
            }

            Volatile.Write(ref _admitted, _admitted + 1);
            return Admission.Granted;
        }
    }

    public void Release(IPAddress address)
    {
        lock (_gate)
        {
            Volatile.Write(ref _admitted, _admitted - 1);
            if (options.MaxConnectionsPerAddress == 0) return;
            if (_byAddress[address] == 1) _byAddress.Remove(address);
            else _byAddress[address]--;
        }
    }

    public void Add(Connection connection)
    {
        lock (_gate)
        {
            connection.TableIndex = _open.Count;
            _open.Add(connection);
        }
    }

    public void Remove(Connection connection)
    {
        lock (_gate)
        {
            Connection last = _open[^1];
            _open[connection.TableIndex] = last;
            last.TableIndex = connection.TableIndex;
            _open.RemoveAt(_open.Count - 1);
        }
    }

    /// <summary>Copies the open connections into <paramref name="into"/>, which is emptied first.</summary>
    public void CopyTo(List<Connection> into)
    {
        into.Clear();
        lock (_gate) into.AddRange(_open);
    }
}

/// <summary>The answer of <see cref="ConnectionTable.Admit"/>.</summary>
internal enum Admission
{
    Granted,
    Full,
    AddressFull,
}
