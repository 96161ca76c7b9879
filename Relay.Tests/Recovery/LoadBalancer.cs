using System.Net.Sockets;
using System.Net;
using Cecelia.Relay.Health;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// The load balancer in front of the instances: a new connection goes to the next instance that is ready, and stays with it. Connections are forwarded as they
/// are.
/// </summary>
internal sealed class LoadBalancer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<RunningRelay> _relays = [];
    private readonly Task _accepting;
    private int _next;

    public LoadBalancer()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri WebSocket => new($"ws://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/ws");

    public void Add(RunningRelay relay)
    {
        lock (_gate) _relays.Add(relay);
    }

    /// <summary>Stops forwarding to a relay. Must be called before the relay is disposed.</summary>
    public void Remove(RunningRelay relay)
    {
        lock (_gate) _relays.Remove(relay);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private int NextPort()
    {
        lock (_gate)
        {
            for (int i = 0; i < _relays.Count; i++)
            {
                RunningRelay relay = _relays[_next++ % _relays.Count];
                if (relay.Get<Readiness>().Look().All(check => check.Status != CheckStatus.Fail)) return relay.Port;
            }

            return 0;
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket near = await _listener.AcceptSocketAsync(_stop.Token);
            _ = ServeAsync(near, NextPort());
        }
    }

    private async Task ServeAsync(Socket near, int port)
    {
        using (near)
        using (var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true })
        {
            try
            {
                if (port == 0) return;
                await far.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
                await Task.WhenAll(CopyAsync(near, far), CopyAsync(far, near));
            }
            catch (Exception ended) when (ended is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // Either side has ended, and with it the other.
            }
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[8 * 1024];
        while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and int read)
        {
            for (int sent = 0; sent < read;) sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stop.Token);
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
