using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>
/// A path to Redis that can turn into a black hole (connections stay open, bytes go in, nothing comes out), or into a reader that has stopped reading.
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
    private volatile bool _greetingsAlone;
    private volatile bool _divert;
    private volatile byte[]? _lastWords;
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

    /// <summary>Bytes from Redis that were swallowed.</summary>
    public long Swallowed;

    /// <summary>How much each connection passes from Redis in a second; 0: as much as comes.</summary>
    public int BytesPerSecond { get; init; }

    /// <summary>How long whatever comes from Redis takes.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Connections so far.</summary>
    public int Accepted => _accepted;

    /// <summary>From now on nothing passes on the connections that are open; and on later ones only if <paramref name="newOnesToo"/> is false.</summary>
    public void BlackHole(bool newOnesToo)
    {
        _swallowNew = newOnesToo;
        Interlocked.Increment(ref _generation);
    }

    /// <summary>Later connections pass again; the old ones stay dead.</summary>
    public void Heal()
    {
        Interlocked.Increment(ref _generation);
        _swallowNew = false;
    }

    /// <summary>Nothing is read any more from Redis on the connections that are open; later ones pass.</summary>
    public void Stall()
    {
        _resumed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _stalled = _accepted;
    }

    /// <summary>Ends <see cref="Stall"/>.</summary>
    public void Resume()
    {
        _stalled = 0;
        _resumed.SetResult();
    }

    /// <summary>While it is set, a later connection passes only if PING is the first thing said on it: the link's own question, not the Redis client.</summary>
    public void PassOnlyPreflights(bool alone) => _greetingsAlone = alone;

    /// <summary>While it is set, what the relay publishes to itself goes to a channel that nobody hears, as with another server behind the same address.</summary>
    public void DivertProbes(bool divert) => _divert = divert;

    /// <summary>The next connection on which these words go to Redis passes them on, and nothing that Redis says after them.</summary>
    public void SwallowRepliesTo(string words) => _lastWords = Encoding.ASCII.GetBytes(words);

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
            // A generation that never was: swallowed from the first byte.
            int generation = _swallowNew ? -1 : Volatile.Read(ref _generation);
            int number = Interlocked.Increment(ref _accepted);
            try
            {
                await far.ConnectAsync(IPAddress.Loopback, _target);
                var muted = new StrongBox<bool>();
                _ = CopyAsync(near, far, generation, number: 0, _greetingsAlone, muted);
                _ = CopyAsync(far, near, generation, number, greetingAlone: false, muted);
            }
            catch (SocketException)
            {
                near.Dispose();
            }
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, int generation, int number, bool greetingAlone, StrongBox<bool> muted)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                int read = await from.GetStream().ReadAsync(buffer, _stop.Token);
                if (greetingAlone && !buffer.AsSpan(0, read).StartsWith("*1\r\n$4\r\nPING"u8)) generation = -1;
                greetingAlone = false;
                while (number > 0 && number <= _stalled) await _resumed.Task.WaitAsync(_stop.Token);
                if (number == 0 && _divert && buffer.AsSpan(0, read).IndexOf("PUBLISH"u8) >= 0 && buffer.AsSpan(0, read).IndexOf("relay:probe:"u8) is > 0 and int at)
                {
                    "relay:elsew:"u8.CopyTo(buffer.AsSpan(at));
                }

                if (number == 0 && _lastWords is { } words && buffer.AsSpan(0, read).IndexOf(words) >= 0)
                {
                    _lastWords = null;
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
