using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Sockets;

namespace Cecelia.Relay.Tests.Sockets;

public sealed class EpollLoopTests
{
    [Fact]
    public async Task Reader_that_asks_for_more_does_not_keep_others_waiting()
    {
        using var loop = new EpollLoop(_ => { });
        await using Pair greedy = await Pair.ConnectAsync(loop, new Reader { AsksForMore = true });
        await using Pair other = await Pair.ConnectAsync(loop, new Reader());
        await greedy.Peer.SendAsync("g"u8.ToArray());
        await Eventually.TrueAsync(() => greedy.Reader.Calls > 100);

        await other.Peer.SendAsync("o"u8.ToArray());

        await Eventually.TrueAsync(() => other.Reader.Received == "o");
        greedy.Reader.AsksForMore = false;
    }

    [Fact]
    public async Task Reader_that_throws_is_reported_and_the_others_are_served()
    {
        var faults = new ConcurrentQueue<Exception>();
        using var loop = new EpollLoop(faults.Enqueue);
        await using Pair broken = await Pair.ConnectAsync(loop, new Reader { Throws = true });
        await using Pair other = await Pair.ConnectAsync(loop, new Reader());

        await broken.Peer.SendAsync("b"u8.ToArray());
        await other.Peer.SendAsync("o"u8.ToArray());

        await Eventually.TrueAsync(() => other.Reader.Received == "o" && broken.Reader.Faults > 0);
        Assert.All(faults, fault => Assert.IsType<InvalidOperationException>(fault));
    }

    [Fact]
    public async Task Reader_that_takes_over_gets_what_the_previous_one_was_notified_of()
    {
        using var loop = new EpollLoop(_ => { });
        await using Pair pair = await Pair.ConnectAsync(loop, new Reader { Reads = false });
        await pair.Peer.SendAsync("early"u8.ToArray());
        await Eventually.TrueAsync(() => pair.Reader.Calls > 0);
        var next = new Reader { Socket = pair.Socket };

        pair.Socket.ContinueWith(next);

        await Eventually.TrueAsync(() => next.Received == "early");
    }

    [Fact]
    public async Task Closed_socket_ends_the_peer_and_ignores_what_follows()
    {
        using var loop = new EpollLoop(_ => { });
        await using Pair pair = await Pair.ConnectAsync(loop, new Reader());

        pair.Socket.Close();
        pair.Socket.Close();
        pair.Socket.Abort();
        pair.Socket.EndSending();
        pair.Socket.StopReading();
        pair.Socket.LimitUnacknowledgedTime(1000);
        Assert.Equal(SinkResult.Broken, pair.Socket.Send("x"u8));

        Assert.Equal(0, await pair.Peer.ReceiveAsync(new byte[1]).Within());
    }

    /// <summary>A connected pair of sockets, of which the loop watches one.</summary>
    private sealed class Pair : IAsyncDisposable
    {
        private Pair(EpollSocket socket, Socket peer, Reader reader) => (Socket, Peer, Reader) = (socket, peer, reader);

        public EpollSocket Socket { get; }

        public Socket Peer { get; }

        public Reader Reader { get; }

        public static async Task<Pair> ConnectAsync(EpollLoop loop, Reader reader)
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(1);
            var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await peer.ConnectAsync(listener.LocalEndPoint!).Within();
            using Socket accepted = await listener.AcceptAsync().Within();
            var socket = new EpollSocket(loop, Libc.Control((int)accepted.Handle, Libc.DuplicateCloseOnExec, 0), isTcp: true, reader);
            reader.Socket = socket;
            loop.Add(socket);
            return new Pair(socket, peer, reader);
        }

        public ValueTask DisposeAsync()
        {
            Peer.Dispose();
            Socket.Close();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Reader : IEpollReader
    {
        private volatile string _received = "";
        private volatile int _calls;
        private volatile int _faults;

        public EpollSocket? Socket { get; set; }

        public bool AsksForMore { get; set; }

        public bool Throws { get; init; }

        public bool Reads { get; init; } = true;

        public string Received => _received;

        public int Calls => _calls;

        public int Faults => _faults;

        public bool OnReadable(Span<byte> buffer)
        {
            _calls++;
            if (Throws) throw new InvalidOperationException("as the test asks");
            if (Reads && Socket?.Receive(buffer) is > 0 and var length) _received += Encoding.ASCII.GetString(buffer[..length]);
            return AsksForMore;
        }

        public void OnWritable()
        {
        }

        public void OnFault() => _faults++;
    }
}
