using System.Net;
using System.Net.Sockets;
using Cecelia.Relay.Connections;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>Failures that Kestrel's listener after which Kestrel would stop accepting.</summary>
public sealed class CountedListenerTests
{
    [Fact]
    public async Task Accept_failure_pauses_accepting_and_does_not_end_the_listener()
    {
        using var sockets = new AcceptedSockets(new ConnectionOptions(), TimeProvider.System, NullLogger<AcceptedSockets>.Instance);
        var inner = new FailingListener(new SocketException((int)SocketError.TooManyOpenSockets), new InsufficientMemoryException(), new IOException());
        await using var listener = new CountedListener(inner, sockets, sendBufferBytes: 0, TimeProvider.System, NullLogger<CountedListener>.Instance);

        await using ConnectionContext? accepted = await listener.AcceptAsync().AsTask().Within();

        Assert.NotNull(accepted);
        Assert.Equal((1, 3), (sockets.Count, sockets.Pauses));
        await accepted.DisposeAsync();
        Assert.Equal(0, sockets.Count);
    }

    [Fact]
    public async Task Listener_unbound_during_a_pause_ends_without_a_connection()
    {
        using var sockets = new AcceptedSockets(new ConnectionOptions { MaxSockets = 1 }, TimeProvider.System, NullLogger<AcceptedSockets>.Instance);
        await using var listener = new CountedListener(
            new FailingListener(), sockets, sendBufferBytes: 0, TimeProvider.System, NullLogger<CountedListener>.Instance);
        Assert.NotNull(await listener.AcceptAsync().AsTask().Within());
        Task<ConnectionContext?> waiting = listener.AcceptAsync().AsTask();
        Assert.True(sockets.Paused);

        await listener.UnbindAsync();

        Assert.Null(await waiting.Within());
    }

    [Fact]
    public async Task Closed_socket_frees_capacity_at_once_without_waiting_for_a_sweep()
    {
        // The clock does not advance, so no sweep runs.
        var time = new FakeTimeProvider();
        using var sockets = new AcceptedSockets(new ConnectionOptions { MaxSockets = 2 }, time, NullLogger<AcceptedSockets>.Instance);
        await using var listener = new CountedListener(new FailingListener(), sockets, sendBufferBytes: 0, time, NullLogger<CountedListener>.Instance);
        var open = new Queue<ConnectionContext>();
        for (int i = 0; i < 2; i++) open.Enqueue((await listener.AcceptAsync().AsTask().Within())!);

        for (int i = 0; i < 100; i++)
        {
            Task<ConnectionContext?> waiting = listener.AcceptAsync().AsTask();
            Assert.True(sockets.Paused);
            await open.Dequeue().DisposeAsync();
            open.Enqueue((await waiting.Within())!);
        }

        Assert.Equal(2, sockets.Count);
    }

    /// <summary>Throws each of these failures, and then accepts.</summary>
    private sealed class FailingListener(params Exception[] failures) : IConnectionListener
    {
        private int _next;

        public EndPoint EndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 1);

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            _next < failures.Length
                ? ValueTask.FromException<ConnectionContext?>(failures[_next++])
                : ValueTask.FromResult<ConnectionContext?>(new DefaultConnectionContext());

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
