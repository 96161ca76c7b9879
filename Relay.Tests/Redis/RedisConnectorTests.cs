using System.Net;
using System.Net.Sockets;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>A container that restarted with a new address: the attempt at the old one hangs, and must not delay the connection.</summary>
public sealed class RedisConnectorTests : IDisposable
{
    private readonly TaskCompletionSource<Socket> _vanished = new();
    private readonly Socket _good = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly List<CancellationToken> _attempts = [];

    [Fact]
    public async Task Hanging_attempt_is_not_awaited_and_is_closed_when_it_completes()
    {
        Socket dialled = await RedisConnector.ConnectAsync(
            (attempt, token) => Open(attempt < 2 ? _vanished.Task : Task.FromResult(_good), token),
            TimeProvider.System,
            CancellationToken.None).Within();
        using var late = new Socket(SocketType.Stream, ProtocolType.Tcp);
        _vanished.SetResult(late);

        Assert.Same(_good, dialled);
        Assert.Equal(3, _attempts.Count);
        Assert.All(_attempts, token => Assert.True(token.IsCancellationRequested));
        await Eventually.TrueAsync(() => late.SafeHandle.IsClosed);
        Assert.False(_good.SafeHandle.IsClosed);
    }

    [Fact]
    public async Task Failed_attempt_is_reported_at_once()
    {
        await Assert.ThrowsAsync<SocketException>(() =>
            RedisConnector.ConnectAsync(
                (_, token) => Open(Task.FromException<Socket>(new SocketException((int)SocketError.ConnectionRefused)), token),
                TimeProvider.System,
                CancellationToken.None).Within());

        Assert.Single(_attempts);
    }

    [Fact]
    public async Task Hanging_attempts_end_at_the_deadline()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => RedisConnector.ConnectAsync((_, token) => Open(_vanished.Task.WaitAsync(token), token), TimeProvider.System, deadline.Token).Within());

        // The number depends on the machine, but it is limited.
        Assert.InRange(_attempts.Count, 1, 50);
    }

    [Fact]
    public async Task Host_name_is_connected_at_the_first_address_that_responds()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        using Socket socket = await RedisConnector.ConnectAsync(
            new DnsEndPoint("localhost", ((IPEndPoint)listener.LocalEndpoint).Port), TimeProvider.System, CancellationToken.None).Within();

        Assert.True(socket.Connected);
    }

    [Fact]
    public async Task Unknown_host_name_is_reported()
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
