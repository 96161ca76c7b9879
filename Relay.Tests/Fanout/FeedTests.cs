using System.Text.Json;
using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Tests.Fanout;

/// <summary>The one stream: what a client gets that comes back to a place is exactly what came after it, from whatever log or journal that is still in.</summary>
public sealed class FeedTests : IDisposable
{
    private static readonly FanoutOptions Options = new() { PumpThreads = 1, BufferBytes = 4 * 1024 * 1024, CompressionMinBytes = 0 };
    private readonly SegmentPool _pool = new();
    private readonly PumpSet _pumps = new(Options, _ => { }, NullLogger<Pump>.Instance);
    private readonly DecodedEvent _event = new();
    private readonly EventDecoder _decoder = new(new EventLimits());
    private readonly List<string> _published = [];
    private Feed _feed;
    private ResumeResult _welcome;

    public FeedTests() => _feed = Make();

    public void Dispose()
    {
        _feed.Dispose();
        _pumps.Dispose();
    }

    [Fact]
    public void Event_from_decoding_to_journal_and_logs_allocates_nothing_once_warm()
    {
        _feed.Dispose();
        _feed = Make(new JournalOptions { Bytes = 1024 * 1024, Events = 1024 }, Options with { BufferBytes = 256 * 1024 });
        View[] watched = [Acquire(), Acquire(encoding: FrameEncoding.Deflate), Acquire("t1", WireFormat.Subprotocol), Acquire("t1"), Acquire(format: WireFormat.TaskTree)];
        Filter.TryMakeOfExecution("e1", ExecutionFrames.Names(nodes: true, logs: true), out Filter page, out _);
        View execution = _feed.Acquire(new ViewKind(page, WireFormat.Execution, FrameEncoding.Plain))!;
        byte[] payload = Encoding.UTF8.GetBytes($$$"""{"event":"task:progress","data":{"taskId":"t1","status":"running","progress":5,"message":"{{{new string('m', 300)}}}"}}""");
        byte[] status = Encoding.UTF8.GetBytes($$"""{"type":"status","execution_id":"e1","status":"running","progress":5,"message":"{{new string('m', 300)}}"}""");
        int passed = 0;
        // Long enough that segments are opened, evicted and taken from the pool again, and the journal goes round.
        Allocations.AssertNone(() =>
        {
            for (int i = 0; i < 40_000; i++, passed++)
            {
                if (_decoder.Decode(i % 2 == 0 ? payload : status, _event) != RefusalReason.None) throw new InvalidOperationException(_event.RefusalDetail);
                _feed.Accept(_event);
                _feed.Flush();
            }
        });

        foreach (View view in watched) Assert.Equal(view.Kind.Filter.IsNone ? passed : passed / 2, view.Buffer.Head);
        Assert.Equal(passed / 2, execution.Buffer.Head);
    }

    /// <summary>Hours from now at which the events of one round are dated; the round is marked by the first that is not ahead of the clock.</summary>
    [Theory]
    [InlineData(null, 1)]
    [InlineData(-2, -2)]
    [InlineData(-2, -2, -3)]
    [InlineData(-2, -2, 1)]
    [InlineData(-2, 1, -2)]
    public void Round_has_a_timestamp_unless_all_its_events_are_dated_ahead(int? marked, params int[] hours)
    {
        PumpedView pumped = Acquire().On(0);
        pumped.Add(new Client(_pumps.All[0], pumped, new StartPoint(null, null, pumped.View.Buffer.End), _ => { }, (_, _) => { }));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();

        foreach (int of in hours)
        {
            Assert.Equal(RefusalReason.None, _decoder.Decode(Encoding.UTF8.GetBytes($$"""{"event":"log","timestamp":"{{now.AddHours(of):yyyy-MM-ddTHH:mm:ss.fffZ}}"}"""), _event));
            _feed.Accept(_event);
        }

        _feed.Flush();
        long mark = pumped.Clean();
        if (marked is { } expected) Assert.Equal(now.AddHours(expected).ToUnixTimeMilliseconds(), mark);
        else Assert.InRange(mark, long.MinValue, -1);
        Assert.Equal(hours.Count(of => of > 0), _feed.Ahead);
    }

    [Fact]
    public void Tidy_after_the_clock_has_stepped_back_drops_what_is_past_its_age()
    {
        var clock = new ShiftedTime(TimeSpan.FromHours(1));
        _feed.Dispose();
        _feed = new Feed(Options, new JournalOptions(), new StateOptions { TerminalKept = TimeSpan.FromMinutes(1) }, new EventLimits(), new ViewTable(Options, _pool, _pumps), _pool, clock);
        _feed.Tidy();
        clock.Shift = TimeSpan.Zero;
        Accept("""{"event":"task:completed","data":{"taskId":"t1","status":"completed"}}""");
        clock.Advance(TimeSpan.FromMinutes(2));

        _feed.Tidy();

        Assert.Equal(0, _feed.State.Total);
    }

    public static TheoryData<int> Seeds => TestLength.Seeds(3);

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Client_that_comes_back_anywhere_gets_what_its_filter_wants_of_all_that_came_after(int seed)
    {
        var random = new Random(seed);
        var places = new List<(StreamPosition Position, int Published)>();
        View unfiltered = Acquire(format: WireFormat.Subprotocol);
        for (int i = 0; i < 3000; i++)
        {
            places.Add((_feed.Position, _published.Count));
            Accept($$$"""{"event":"task:progress","data":{"taskId":"t{{{random.Next(4)}}}","n":{{{i}}}}}""");
        }

        for (int i = 0; i < 60; i++)
        {
            (StreamPosition since, int published) = places[random.Next(places.Count)];
            string? task = random.Next(3) == 0 ? null : $"t{random.Next(4)}";
            var encoding = (FrameEncoding)random.Next(2);
            // Made anew, with nothing in its log, unless it is the unfiltered one.
            View view = Acquire(task, WireFormat.Subprotocol, encoding);
            StartPoint start = await ReturnAsync(view, since);

            string[] expected = [.. _published.Skip(published).Where(one => task is null || one.Contains($"\"{task}\"", StringComparison.Ordinal))];
            if (encoding == FrameEncoding.Plain) Assert.Equal(expected, Read(view, start.Position).Select(DataOf));
            Assert.Equal(expected.Length, _welcome.Missed);
            Assert.Null(start.Snapshot);
            Assert.True(_welcome is { WasRecovering: true, Recovered: true });
            // Some stay, so that later ones find a log that reaches back a little, and some go.
            if (random.Next(2) == 0) _feed.Release(view);
            Accept($$$"""{"event":"task:progress","data":{"taskId":"t{{{random.Next(4)}}}","more":{{{i}}}}}""");
        }

        Assert.Equal(unfiltered, Acquire(format: WireFormat.Subprotocol));
    }

    [Fact]
    public async Task Events_carry_the_position_to_come_back_to()
    {
        View view = Acquire(format: WireFormat.Subprotocol);
        BufferOffset begin = _feed.StartAtHead(view).Position;
        for (int i = 0; i < 10; i++) Accept(Numbered.Payload(i));

        string[] messages = Read(view, begin);
        for (int i = 0; i < 10; i++)
        {
            using var message = JsonDocument.Parse(messages[i]);
            Assert.True(StreamPosition.TryParse(message.RootElement.GetProperty("id").GetString(), out StreamPosition position));
            StartPoint start = await ReturnAsync(view, position);
            Assert.Equal(messages[(i + 1)..], Read(view, start.Position));
        }
    }

    [Fact]
    public async Task Place_that_is_gone_or_was_never_here_is_not_resumed_from()
    {
        _feed.Dispose();
        _feed = Make(new JournalOptions { Events = 100 });
        StreamPosition old = _feed.Position;
        View view = Acquire(format: WireFormat.Subprotocol);
        for (int i = 0; i < 200; i++) Accept(Numbered.Payload(i));

        foreach (StreamPosition unknown in (StreamPosition[])[old, new StreamPosition(1, 1)])
        {
            StartPoint start = await ReturnAsync(view, unknown);
            Assert.True(_welcome is { WasRecovering: true, Recovered: false, Missed: null });
            Assert.Equal(_feed.Position, _welcome.Position);
            Assert.NotNull(start.Snapshot);
            start.Snapshot.Release();
        }

        await ReturnAsync(view, _feed.Position);
        Assert.True(_welcome is { Recovered: true, Missed: 0 });
    }

    [Fact]
    public async Task Snapshot_from_before_another_instance_s_state_was_taken_over_serves_nobody_after()
    {
        View view = Acquire(format: WireFormat.Subprotocol);
        StartPoint before = (await _feed.ResumeOrResetAsync(view, null, _ => [], CancellationToken.None))!;
        using Feed other = Make();
        Assert.Equal(RefusalReason.None, _decoder.Decode("{\"event\":\"task:created\",\"data\":{\"taskId\":\"t1\"}}"u8.ToArray(), _event));
        other.Accept(_event);
        using TimelineCheckpoint frozen = other.Freeze(0, 1024);
        var text = new MemoryStream();
        frozen.State.MoveTo(text);
        text.Position = 0;
        StateTable state = _feed.State.CreateEmpty();
        state.Load(text, text.Length);

        _feed.Load(frozen.Journal, state, null, [], _ => null);

        StartPoint after = (await _feed.ResumeOrResetAsync(view, null, _ => [], CancellationToken.None))!;
        Assert.NotSame(before.Snapshot, after.Snapshot);
        Assert.Contains("t1", Encoding.UTF8.GetString(after.Snapshot!.Parts[0]), StringComparison.Ordinal);
        Assert.Equal(1, _feed.TakeOvers);
        before.Snapshot!.Release();
        after.Snapshot.Release();
    }

    [Fact]
    public async Task Snapshot_from_before_the_clock_has_stepped_back_is_not_reused_after_its_time()
    {
        var clock = new ShiftedTime(TimeSpan.FromHours(1));
        _feed.Dispose();
        _feed = new Feed(Options, new JournalOptions(), new StateOptions(), new EventLimits(), new ViewTable(Options, _pool, _pumps), _pool, clock);
        View view = Acquire(format: WireFormat.Subprotocol);
        StartPoint before = (await _feed.ResumeOrResetAsync(view, null, _ => [], CancellationToken.None))!;
        Accept("""{"event":"task:created","data":{"taskId":"t1"}}""");
        clock.Shift = TimeSpan.Zero;
        clock.Advance(TimeSpan.FromSeconds(1));

        StartPoint after = (await _feed.ResumeOrResetAsync(view, null, _ => [], CancellationToken.None))!;

        Assert.Contains("t1", Encoding.UTF8.GetString(after.Snapshot!.Parts[0]), StringComparison.Ordinal);
        before.Snapshot!.Release();
        after.Snapshot.Release();
    }

    [Fact]
    public async Task Log_that_may_not_hold_so_much_is_not_resumed_from()
    {
        StreamPosition old = _feed.Position;
        for (int i = 0; i < 5000; i++) Accept(Numbered.Payload(i, new string('x', 1000)));
        View view = Acquire(format: WireFormat.Subprotocol);

        StartPoint start = await ReturnAsync(view, old);
        Assert.False(_welcome.Recovered);
        Assert.NotNull(start.Snapshot);
        Assert.Equal(0, view.Buffer.Bytes);
        Assert.Equal(0, _pool.RentedBytes);
    }

    private async Task<StartPoint> ReturnAsync(View view, StreamPosition since)
    {
        StartPoint? start = await _feed.ResumeOrResetAsync(view, since.ToString(), welcome => [(byte)((_welcome = welcome).GetHashCode() % 2)], CancellationToken.None);
        Assert.NotNull(start);
        return start;
    }

    private static string DataOf(string message)
    {
        using var json = JsonDocument.Parse(message);
        return json.RootElement.GetProperty("data").GetRawText();
    }

    private static string[] Read(View view, BufferOffset position)
    {
        var messages = new List<string>();
        while (view.Buffer.TryHold(ref position, out Segment? segment, out long missed))
        {
            (int end, int frames) = segment.Committed;
            int at = position.Offset;
            while (at < end)
            {
                (int next, _) = segment.FrameAt(at);
                ReadOnlySpan<byte> frame = segment.Read(at, next);
                int header = frame[1] < 126 ? 2 : frame[1] == 126 ? 4 : 10;
                messages.Add(Encoding.UTF8.GetString(frame[header..]));
                at = next;
            }

            position = new BufferOffset(segment.Number, end, segment.FirstFrame + frames);
            segment.Release();
            Assert.Equal(0, missed);
        }

        return [.. messages];
    }

    private Feed Make(JournalOptions? journal = null, FanoutOptions? options = null) =>
        new(options ?? Options, journal ?? new JournalOptions(), new StateOptions(), new EventLimits(), new ViewTable(options ?? Options, _pool, _pumps), _pool, TimeProvider.System);

    private View Acquire(string? task = null, WireFormat format = WireFormat.Cecelia, FrameEncoding encoding = FrameEncoding.Plain)
    {
        Assert.True(Filter.TryMake([], task is null ? [] : [task], [], [], out Filter filter, out _));
        return _feed.Acquire(new ViewKind(filter, format, encoding))!;
    }

    private void Accept(string payload)
    {
        Assert.Equal(RefusalReason.None, _decoder.Decode(Encoding.UTF8.GetBytes(payload), _event));
        _feed.Accept(_event);
        _published.Add(Encoding.UTF8.GetString(_event.RawData));
        _feed.Flush();
        _feed.Tidy();
    }
}
