using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>
/// A path to Redis that can become a black hole (connections stay open, bytes go in, nothing comes out), or a reader that has stopped reading.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<TcpClient> _clients = [];
    private readonly int _target;
    private readonly Task _accepting;
    private int _generation;
    private volatile bool _swallowNew;
    private volatile bool _onlyPreflights;
    private volatile bool _divert;
    private volatile byte[]? _lastRequest;
    private volatile int _accepted;
    private volatile int _stalled;
    private TaskCompletionSource _resumed = new();

    public TcpProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Number of bytes from Redis that were discarded.</summary>
    public long Swallowed;

    /// <summary>Number of bytes that each connection forwards from Redis per second; 0 for no limit.</summary>
    public int BytesPerSecond { get; init; }

    /// <summary>The delay of data from Redis.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Number of connections accepted so far.</summary>
    public int Accepted => _accepted;

    /// <summary>Stops forwarding on the open connections; also on later ones if <paramref name="includeNew"/> is true.</summary>
    public void BlackHole(bool includeNew)
    {
        _swallowNew = includeNew;
        Interlocked.Increment(ref _generation);
    }

    /// <summary>Forwards later connections again; the old ones stay dead.</summary>
    public void Heal()
    {
        Interlocked.Increment(ref _generation);
        _swallowNew = false;
    }

    /// <summary>Stops reading from Redis on the open connections; later ones are forwarded.</summary>
    public void Stall()
    {
        _resumed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _stalled = _accepted;
    }

    /// <summary>Reverts <see cref="Stall"/>.</summary>
    public void Resume()
    {
        _stalled = 0;
        _resumed.SetResult();
    }

    /// <summary>
    /// While it is set, forwards a later connection only if PING is the first command on it: the link's own preflight, not the Redis client.
    /// </summary>
    public void PassOnlyPreflights(bool enabled) => _onlyPreflights = enabled;

    /// <summary>
    /// While it is set, redirects what the relay publishes to itself to a channel without subscribers, as with another server behind the same address.
    /// </summary>
    public void DivertProbes(bool divert) => _divert = divert;

    /// <summary>Forwards the next connection on which this text is sent to Redis, but discards everything that Redis sends after it.</summary>
    public void SwallowRepliesTo(string request) => _lastRequest = Encoding.ASCII.GetBytes(request);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        lock (_clients) _clients.ForEach(client => client.Dispose());
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient near = await _listener.AcceptTcpClientAsync(_stop.Token);
            var far = new TcpClient { NoDelay = true };
            near.NoDelay = true;
            lock (_clients) _clients.AddRange([near, far]);
            // A generation that does not exist: discarded from the first byte.
            int generation = _swallowNew ? -1 : Volatile.Read(ref _generation);
            int number = Interlocked.Increment(ref _accepted);
            try
            {
                await far.ConnectAsync(IPAddress.Loopback, _target);
                var muted = new StrongBox<bool>();
                _ = CopyAsync(near, far, generation, number: 0, _onlyPreflights, muted);
                _ = CopyAsync(far, near, generation, number, onlyPreflight: false, muted);
            }
            catch (SocketException)
            {
                near.Dispose();
            }
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, int generation, int number, bool onlyPreflight, StrongBox<bool> muted)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                int read = await from.GetStream().ReadAsync(buffer, _stop.Token);
                if (onlyPreflight && !buffer.AsSpan(0, read).StartsWith("*1\r\n$4\r\nPING"u8)) generation = -1;
                onlyPreflight = false;
                while (number > 0 && number <= _stalled) await _resumed.Task.WaitAsync(_stop.Token);
                if (
                    number == 0
                        && _divert
                        && buffer.AsSpan(0, read).IndexOf("PUBLISH"u8) >= 0
                        && buffer.AsSpan(0, read).IndexOf("relay:probe:"u8) is > 0 and int at)
                {
                    "relay:elsew:"u8.CopyTo(buffer.AsSpan(at));
                }

                if (number == 0 && _lastRequest is { } request && buffer.AsSpan(0, read).IndexOf(request) >= 0)
                {
                    _lastRequest = null;
                    Volatile.Write(ref muted.Value, true);
                }

                bool swallow = Volatile.Read(ref _generation) != generation || (number > 0 && Volatile.Read(ref muted.Value));
                if (swallow)
                {
                    Interlocked.Add(ref Swallowed, read);
                    if (read == 0) return;
                    continue;
                }

                if (read == 0) break;
                if (number > 0 && Latency > TimeSpan.Zero) await Task.Delay(Latency, _stop.Token);
                if (number > 0 && BytesPerSecond > 0) await Task.Delay(TimeSpan.FromSeconds((double)read / BytesPerSecond), _stop.Token);
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }

            to.Close();
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            to.Close();
        }
    }
}
