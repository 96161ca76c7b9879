using System.Text;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;
using Microsoft.Extensions.Logging;

namespace Cecelia.Relay.Tests.Fanout;

/// <summary>Clients on their pumps, with fake peers: the output is whole frames in order, with replies between frames and never inside one.</summary>
public sealed class PumpTests : IDisposable
{
    private readonly LogCapture _logs = new();
    private readonly SegmentPool _pool = new();
    private readonly List<ClientFailure> _failures = [];
    private readonly ILoggerFactory _loggers;
    private readonly FanoutOptions _options = new() { BufferBytes = 64 * 1024, PumpThreads = 2 };
    private readonly PumpSet _pumps;
    private readonly View _view;

    public PumpTests()
    {
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(_logs));
        _pumps = new PumpSet(_options, _ => { }, _loggers.CreateLogger<Pump>());
        _view = new View(new ViewKind(Filter.None, WireFormat.Cecelia, FrameEncoding.Plain), 0, _options, _pool, _pumps);
        _pumps.Start();
    }

    public void Dispose()
    {
        _pumps.Dispose();
        _loggers.Dispose();
    }

    public static TheoryData<int> Seeds => TestLength.Seeds(4);

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Every_client_gets_whole_frames_in_order_with_replies_between_them(int seed)
    {
        const int Events = 5000;
        const int Replies = 40;
        var random = new Random(seed);
        (Client Client, RandomSink Sink)[] clients = [.. Enumerable.Range(0, 6).Select(i => AddMoody((seed * 100) + i))];

        for (int i = 0; i < Events; i++)
        {
            Append(i, random.Next(0, 400));
            if (i % (Events / Replies) == 0) foreach ((Client client, _) in clients) Reply(client, i);
            if (random.Next(20) == 0) _view.MarkDirty(1);
            // Enough that some clients may fall behind the buffer, but not all of them.
            if (random.Next(200) == 0) Thread.SpinWait(20_000);
        }

        _view.MarkDirty(1);
        await Eventually.TrueAsync(
            () => clients.All(one => one.Client.Delivered + one.Client.Missed == Events && !one.Sink.Busy && CountReplies(one.Sink) == Replies),
            TestTimeouts.Default);
        foreach ((Client client, _) in clients) client.Close(Frames.Close(1001, "bye"));
        await Eventually.TrueAsync(() => clients.All(one => one.Client.CloseSent && !one.Sink.Busy), TestTimeouts.Default);
        await RemoveAsync(clients.Select(one => one.Client));

        foreach ((Client client, RandomSink sink) in clients)
        {
            List<WireFrame> frames = WireFrame.ParseAll(sink.Taken);
            Assert.Equal(0, sink.Overlaps);
            Assert.True(sink.Disposed);
            Assert.Equal(Enumerable.Range(0, Replies), frames.Where(frame => frame.Opcode == Opcode.Pong).Select(frame => (int)frame.Payload[0]));
            Assert.Equal(1001, frames[^1].CloseCode);
            long next = 0;
            int replied = 0;
            bool skipped = false;
            foreach (WireFrame frame in frames.Where(frame => frame.Opcode == Opcode.Text))
            {
                var message = SubprotocolMessage.Parse(frame.Text);
                if (message.Name == "relay:gap")
                {
                    next += message.Data.GetProperty("missed").GetInt64();
                    skipped = true;
                }
                else if (message.Name == "reply")
                {
                    // Directly after the event that it was posted after, or after the gap that includes that event.
                    Assert.True(message.Number == next - 1 || (skipped && message.Number < next), $"{message.Number} at {next}");
                    Assert.Equal(replied++ * (Events / Replies), message.Number);
                }
                else
                {
                    Assert.Equal(next++, message.Number);
                    skipped = false;
                }
            }

            Assert.Equal((Events, Replies), (next, replied));
        }

        Assert.Equal(clients.Sum(one => one.Client.Delivered), _pumps.Delivered);
        Assert.Equal(clients.Sum(one => one.Client.Missed), _pumps.Missed);
        _logs.AssertNoErrors();

        // After a gap at the end, the replies are sent after the events were counted as missed.
        static int CountReplies(RandomSink sink) => sink.Taken.AsSpan().Count("\"event\":\"reply\""u8);

        static void Reply(Client client, int number)
        {
            client.Post(Frames.Pong([(byte)(number / (Events / Replies))]));
            Assert.True(client.PostInOrder(Frames.Text(Encoding.UTF8.GetBytes($$$"""{"event":"reply","data":{"n":{{{number}}}}}"""))));
        }
    }

    [Fact]
    public async Task Single_event_is_delivered_without_a_following_event()
    {
        // Repeats the race between a pump about to sleep and an arriving event 30,000 times: a lost wake-up hangs here.
        (Client client, _) = AddCounting(0);
        for (int i = 0; i < 30_000; i++)
        {
            Append(i, 0);
            _view.MarkDirty(1);
            if (!SpinWait.SpinUntil(() => client.Delivered == i + 1, TestTimeouts.Default)) Assert.Fail($"event {i} was not delivered");
        }

        await RemoveAsync([client]);
    }

    [Fact]
    public async Task Client_that_joins_while_events_arrive_gets_every_event_from_its_position_on()
    {
        using var stop = new CancellationTokenSource();
        int appended = 0;
        Task writing = Task.Factory.StartNew(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    // Slowly enough that one event more or less is noticed.
                    Append(appended++, 0);
                    _view.MarkDirty(1);
                    Thread.SpinWait(300);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        for (int i = 0; i < 500; i++)
        {
            BufferOffset position = _view.Buffer.End;
            (Client client, _) = AddCounting(i, position);
            await Eventually.TrueAsync(() => client.Delivered + client.Missed > 0, TestTimeouts.Default);
            await RemoveAsync([client]);
        }

        await stop.CancelAsync();
        await writing;
        for (int pump = 0; pump < _pumps.All.Count; pump++) Assert.False(_view.On(pump).HasClients);
    }

    [Fact]
    public async Task Client_of_a_closed_peer_fails_once_and_the_others_are_not_affected()
    {
        (Client healthy, CountingSink sink) = AddCounting(0);
        Client broken = Add(0, _ => new BrokenSink(throws: false));
        Client buggy = Add(0, _ => new BrokenSink(throws: true));

        for (int i = 0; i < 10; i++)
        {
            Append(i, 0);
            _view.MarkDirty(1);
            await Eventually.TrueAsync(() => healthy.Delivered == i + 1);
        }

        Assert.True(sink.Bytes > 0);
        await Eventually.TrueAsync(() => _logs.Lines.Any(line => line.Id.Name == "PumpFault"));
        await RemoveAsync([healthy, broken, buggy]);
        Assert.Equal([ClientFailure.Broken, ClientFailure.Fault], _failures.Order());
        Assert.Equal(1, _pumps.Faults);
    }

    [Fact]
    public async Task Client_with_too_many_pending_replies_fails()
    {
        FullSink? sink = null;
        Client client = Add(0, writable => sink = new FullSink(room: 1, writable));

        // The sink accepts the first frame only in part, so that the rest must wait.
        client.Post(Frames.Pong([1]));
        await Eventually.TrueAsync(() => sink!.Busy);
        for (int i = 0; i < 100; i++) client.Post(Frames.Pong([2]));

        Assert.Equal([ClientFailure.Flooded], _failures);
    }

    [Fact]
    public async Task Client_with_too_many_pending_ordered_replies_fails_and_one_of_any_size_is_accepted()
    {
        FullSink? sink = null;
        Client client = Add(0, writable => sink = new FullSink(room: 1, writable));
        client.Post(Frames.Pong([1]));
        await Eventually.TrueAsync(() => sink!.Busy);

        Assert.True(client.PostInOrder(new byte[3_000_000]));
        Assert.Empty(_failures);
        Assert.False(client.PostInOrder(new byte[1]));

        Assert.Equal([ClientFailure.Flooded], _failures);
        Assert.False(client.PostInOrder(new byte[1]));
    }

    /// <summary>By then another connection may have the descriptor of its socket.</summary>
    [Fact]
    public async Task Removed_client_sends_neither_a_late_response_nor_events()
    {
        (Client gone, CountingSink sink) = AddCounting(0);
        Append(0, 20);
        _view.MarkDirty(1);
        await Eventually.TrueAsync(() => gone.Delivered == 1);
        await RemoveAsync([gone]);
        long before = sink.Bytes;

        gone.Post(Frames.Pong([1]));
        Append(1, 20);
        _view.MarkDirty(1);
        // Another client of the same pump is served after this one was.
        (Client other, _) = AddCounting(0);
        await RemoveAsync([other]);

        Assert.Equal(before, sink.Bytes);
    }

    [Fact]
    public async Task Close_frame_follows_a_partial_frame_and_nothing_follows_it()
    {
        FullSink? sink = null;
        Client client = Add(0, writable => sink = new FullSink(room: 30, writable));
        for (int i = 0; i < 5; i++) Append(i, 20);
        _view.MarkDirty(1);
        await Eventually.TrueAsync(() => sink!.Busy);

        client.Post(Frames.Pong([1]));
        client.Close(Frames.Close(1001, ""));
        client.Close(Frames.Close(1011, "too late"));
        client.Post(Frames.Pong([2]));
        sink!.Open();
        await Eventually.TrueAsync(() => client.CloseSent);
        Append(5, 20);
        _view.MarkDirty(1);
        await RemoveAsync([client]);

        List<WireFrame> frames = WireFrame.ParseAll(sink.Taken);
        Assert.Equal([Opcode.Text, Opcode.Pong, Opcode.Close], frames.Select(frame => frame.Opcode));
        Assert.Equal(1001, frames[^1].CloseCode);
        Assert.Equal(1, client.Delivered);
    }

    [Fact]
    public async Task Client_is_closed_only_after_the_sink_has_accepted_the_close_frame()
    {
        FullSink? sink = null;
        int closed = 0;
        Client client = Add(0, writable => sink = new FullSink(room: 30, writable), closed: () => Interlocked.Increment(ref closed));
        for (int i = 0; i < 5; i++) Append(i, 20);
        _view.MarkDirty(1);
        await Eventually.TrueAsync(() => sink!.Busy);
        client.Close("bye"u8.ToArray());
        client.Wake();
        // Another client of the same pump is served after this one was checked.
        (_, CountingSink other) = AddCounting(0, _view.Buffer.End);
        Append(5, 20);
        _view.MarkDirty(1);
        await Eventually.TrueAsync(() => other.Bytes > 0);
        Assert.Equal(0, Volatile.Read(ref closed));

        sink!.Open();

        await Eventually.TrueAsync(() => Volatile.Read(ref closed) > 0);
        Assert.EndsWith("bye", Encoding.UTF8.GetString(sink.Taken), StringComparison.Ordinal);
        await RemoveAsync([client]);
    }

    [Fact]
    public void Client_is_stalled_only_while_nothing_is_accepted()
    {
        FullSink? sink = null;
        Client client = Add(0, writable => sink = new FullSink(room: 0, writable));
        client.Post(Frames.Ping);
        Assert.True(SpinWait.SpinUntil(() => sink!.Busy, TestTimeouts.Default));

        Assert.False(client.IsStalled(nowMs: 1_000, limitMs: 500));
        Assert.False(client.IsStalled(nowMs: 1_499, limitMs: 500));
        sink!.Progress++;
        Assert.False(client.IsStalled(nowMs: 1_600, limitMs: 500));
        Assert.False(client.IsStalled(nowMs: 2_099, limitMs: 500));
        Assert.True(client.IsStalled(nowMs: 2_100, limitMs: 500));
        sink.Open();
        Assert.False(client.IsStalled(nowMs: 9_000, limitMs: 500));
    }

    [Fact]
    public void Pump_can_be_stopped_disposed_and_woken_after_it_stopped()
    {
        (Client client, _) = AddCounting(0);

        _pumps.Stop();
        client.Post(Frames.Ping);
        _view.MarkDirty(1);
        _pumps.Stop();
        _pumps.Dispose();
    }

    private (Client Client, RandomSink Sink) AddMoody(int seed)
    {
        RandomSink? sink = null;
        Client client = Add(seed, writable => sink = new RandomSink(seed, writable));
        return (client, sink!);
    }

    private (Client Client, CountingSink Sink) AddCounting(int pump, BufferOffset? position = null)
    {
        var sink = new CountingSink();
        return (Add(pump, _ => sink, position), sink);
    }

    private Client Add(int pump, Func<Action, ISink> makeSink, BufferOffset? position = null, Action? closed = null)
    {
        int index = pump % _pumps.All.Count;
        var client = new Client(
            _view.On(index),
            new StartPoint(null, null, position ?? _view.Buffer.End),
            one => makeSink(one.Wake),
            failure =>
            {
                lock (_failures) _failures.Add(failure);
            },
            RestartAtHead);
        client.Closed = closed;
        client.Wake();
        return client;
    }

    private void RestartAtHead(Client client, ClientOffset place)
    {
        BufferOffset head = _view.Buffer.End;
        client.RestartAt(
            new StartPoint(
                Frames.Text(
                    Encoding.UTF8.GetBytes(
                        $$$"""{"event":"relay:gap","data":{"cause":"slow_client","missed":{{{head.Frame - place.Frame}}},"from":null,"to":null},"timestamp":"2026-02-06T08:30:00.000Z"}""")),
                null,
                head));
    }

    private void Append(int number, int padding) =>
        _view.Buffer.Append(Frames.Text(Encoding.UTF8.GetBytes(Numbered.Payload(number, new string('x', padding)))), number, 0);

    private static Task RemoveAsync(IEnumerable<Client> clients) => Task.WhenAll(clients.Select(client => client.RemoveAsync())).Within();
}
