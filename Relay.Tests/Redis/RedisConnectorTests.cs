using System.Net;
using System.Net.Sockets;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>A container that came back under a new address: the attempt at the old one hangs, and must not be waited for.</summary>
public sealed class RedisConnectorTests : IDisposable
{
    private readonly TaskCompletionSource<Socket> _vanished = new();
    private readonly Socket _good = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly List<CancellationToken> _attempts = [];

    [Fact]
    public async Task Attempt_that_hangs_is_not_waited_for_and_is_closed_when_it_ends_after_all()
    {
        Socket dialled = await RedisConnector.ConnectAsync((attempt, token) => Open(attempt < 2 ? _vanished.Task : Task.FromResult(_good), token), TimeProvider.System, CancellationToken.None).Within();
        using var late = new Socket(SocketType.Stream, ProtocolType.Tcp);
        _vanished.SetResult(late);

        Assert.Same(_good, dialled);
        Assert.Equal(3, _attempts.Count);
        Assert.All(_attempts, token => Assert.True(token.IsCancellationRequested));
        await Eventually.TrueAsync(() => late.SafeHandle.IsClosed);
        Assert.False(_good.SafeHandle.IsClosed);
    }

    [Fact]
    public async Task Attempt_that_fails_is_told_at_once()
    {
        await Assert.ThrowsAsync<SocketException>(() =>
            RedisConnector.ConnectAsync((_, token) => Open(Task.FromException<Socket>(new SocketException((int)SocketError.ConnectionRefused)), token), TimeProvider.System, CancellationToken.None).Within());

        Assert.Single(_attempts);
    }

    [Fact]
    public async Task Attempts_that_all_hang_end_with_the_deadline()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RedisConnector.ConnectAsync((_, token) => Open(_vanished.Task.WaitAsync(token), token), TimeProvider.System, deadline.Token).Within());

        // How many depends on the machine; not one for each moment, though.
        Assert.InRange(_attempts.Count, 1, 50);
    }

    [Fact]
    public async Task Host_by_name_is_connected_at_whichever_of_its_addresses_answers()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        using Socket socket = await RedisConnector.ConnectAsync(new DnsEndPoint("localhost", ((IPEndPoint)listener.LocalEndpoint).Port), TimeProvider.System, CancellationToken.None).Within();

        Assert.True(socket.Connected);
    }

    [Fact]
    public async Task Host_name_that_is_not_known_is_told()
    {
        SocketException failure = await Assert.ThrowsAnyAsync<SocketException>(() =>
            RedisConnector.ConnectAsync(new DnsEndPoint("no-such-host.invalid", 1), TimeProvider.System, CancellationToken.None).Within());

        Assert.NotEqual(SocketError.Success, failure.SocketErrorCode);
    }

    public void Dispose() => _good.Dispose();

    private Task<Socket> Open(Task<Socket> outcome, CancellationToken token)
    {
        _attempts.Add(token);
        return outcome;
    }
}
