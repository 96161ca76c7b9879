using System.Net;
using System.Net.Sockets;

namespace Cecelia.Relay.Bench.Load;

/// <summary>The clients of a run.</summary>
internal sealed class LoadClients : IDisposable
{
    /// <summary>Maximum number of concurrent handshakes.</summary>
    private const int MaxHandshakes = 8;

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    private readonly LoadPlan _plan;
    private readonly Deliveries _deliveries;
    private readonly LoadClient?[] _all;

    // Pinned once, instead of for each read.
    private readonly byte[] _buffers;
    private int _opened;

    public LoadClients(LoadPlan plan, Deliveries deliveries)
    {
        _plan = plan;
        _deliveries = deliveries;
        _all = new LoadClient?[plan.Clients];
        _buffers = GC.AllocateUninitializedArray<byte>(plan.Clients * LoadClient.OwnBufferBytes, pinned: true);
    }

    /// <summary>Number of clients opened so far. Thread-safe.</summary>
    public int Opened => Volatile.Read(ref _opened);

    /// <summary>The clients that read.</summary>
    public IEnumerable<LoadClient> Readers => _all.OfType<LoadClient>().Where(client => !client.IsSlow);

    /// <summary>Opens all clients. Each reads as soon as it is connected.</summary>
    /// <exception cref="BenchException">A client could not connect.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        EndPoint relay = await FindRelayAsync(cancellationToken);
        var options = new ParallelOptions { MaxDegreeOfParallelism = MaxHandshakes, CancellationToken = cancellationToken };
        try
        {
            await Task.Run(() => Parallel.For(0, _all.Length, options, number => Open(relay, number)), cancellationToken);
        }
        catch (AggregateException several)
        {
            throw several.InnerExceptions[0];
        }
    }

    /// <summary>Closes the clients that read with a close handshake. The others are disposed without one.</summary>
    public async Task CloseAsync()
    {
        LoadClient[] readers = [.. Readers];
        foreach (LoadClient client in readers) client.Close();
        DateTimeOffset deadline = TimeProvider.System.GetUtcNow() + CloseTimeout;
        while (TimeProvider.System.GetUtcNow() < deadline && readers.Any(IsOpen)) await Task.Delay(20);
    }

    public void Dispose()
    {
        foreach (LoadClient? client in _all) client?.Dispose();
    }

    private void Open(EndPoint relay, int number)
    {
        Memory<byte> buffer = _buffers.AsMemory(number * LoadClient.OwnBufferBytes, LoadClient.OwnBufferBytes);
        LoadClient client = LoadClient.Open(relay, number, _plan, _deliveries, buffer);
        _all[number] = client;
        client.Start();
        Interlocked.Increment(ref _opened);
    }

    private bool IsOpen(LoadClient client)
    {
        lock (_deliveries.Gate) return client.Ended is null;
    }

    /// <summary>Returns the address that accepts connections: localhost has two, and a relay may listen on one of them only.</summary>
    private async Task<EndPoint> FindRelayAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_plan.SocketPath is { } path) return new UnixDomainSocketEndPoint(path);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(_plan.Relay.IdnHost, _plan.Relay.Port, cancellationToken);
            var found = (IPEndPoint)socket.RemoteEndPoint!;
            return found.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(found.Address.MapToIPv4(), found.Port) : found;
        }
        catch (SocketException failure)
        {
            throw new BenchException($"Cannot connect to {_plan.Relay}: {failure.Message}. Start a relay with: make run");
        }
    }
}
