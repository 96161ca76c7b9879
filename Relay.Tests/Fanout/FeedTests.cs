using System.Text.Json;
using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Tests.Fanout;

/// <summary>
/// The event stream: a client that resumes from a position gets exactly the events after it, from whichever buffer or journal still holds them.
/// </summary>
public sealed class FeedTests : IDisposable
{
    private static readonly FanoutOptions Options = new() { PumpThreads = 1, BufferBytes = 4 * 1024 * 1024, CompressionMinBytes = 0 };
    private readonly SegmentPool _pool = new();
    private readonly PumpSet _pumps = new(Options, _ => { }, NullLogger<Pump>.Instance);
    private readonly DecodedEvent _event = new();
    private readonly EventDecoder _decoder = new(new EventLimits());
    private readonly List<string> _published = [];
    private TestTimeline _timeline;
    private ResumeResult _resume;

    public FeedTests() => _timeline = Make();

    private Feed Feed => _timeline.Feed;

    private TimelineReader Reader => _timeline.Reader;

    public void Dispose()
    {
        _timeline.Dispose();
        _pumps.Dispose();
    }

    [Fact]
    public void Event_from_decoding_to_journal_and_buffers_does_not_allocate_when_warm()
    {
        _timeline.Dispose();
        _timeline = Make(new JournalOptions { Bytes = 1024 * 1024, Events = 1024 }, Options with { BufferBytes = 256 * 1024 });
        View[] views =
        [
            Acquire(),
            Acquire(encoding: FrameEncoding.Deflate),
            Acquire("t1", WireFormat.Subprotocol),
            Acquire("t1"),
            Acquire(format: WireFormat.TaskTree),
        ];
        Filter.TryMakeOfExecution("e1", ExecutionFrames.Names(nodes: true, logs: true), out Filter page, out _);
        View execution = Reader.Acquire(new ViewKind(page, WireFormat.Execution, FrameEncoding.Plain))!;
        byte[] payload = Encoding.UTF8.GetBytes(
            $$$"""{"event":"task:progress","data":{"taskId":"t1","status":"running","progress":5,"message":"{{{new string('m', 300)}}}"}}""");
        byte[] status =
            Encoding.UTF8.GetBytes($$"""{"type":"status","execution_id":"e1","status":"running","progress":5,"message":"{{new string('m', 300)}}"}""");
        int passed = 0;
        // Long enough that segments are opened, evicted and reused, and the journal wraps around.
        Allocations.AssertNone(() =>
        {
            for (int i = 0; i < 40_000; i++, passed++)
            {
                if (_decoder.Decode(i % 2 == 0 ? payload : status, _event) != RefusalReason.None) throw new InvalidOperationException(_event.RefusalDetail);
                Feed.Accept(_event);
                Feed.Flush();
            }
        });

        foreach (View view in views) Assert.Equal(view.Kind.Filter.IsNone ? passed : passed / 2, view.Buffer.Head);
        Assert.Equal(passed / 2, execution.Buffer.Head);
    }

    /// <summary>
    /// Dates the events of one round this many hours from now. The time of the round is that of its first event that is not in the future.
    /// </summary>
    [Theory]
    [InlineData(null, 1)]
    [InlineData(-2, -2)]
    [InlineData(-2, -2, -3)]
    [InlineData(-2, -2, 1)]
    [InlineData(-2, 1, -2)]
    public void Round_has_a_timestamp_unless_all_its_events_are_dated_in_the_future(int? expectedHours, params int[] hours)
    {
        PumpedView pumped = Acquire().On(0);
        pumped.Add(new Client(pumped, new StartPoint(null, null, pumped.View.Buffer.End), _ => new CountingSink(), _ => { }, (_, _) => { }));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();

        foreach (int of in hours)
        {
            Assert.Equal(
                RefusalReason.None,
                _decoder.Decode(Encoding.UTF8.GetBytes($$"""{"event":"log","timestamp":"{{now.AddHours(of):yyyy-MM-ddTHH:mm:ss.fffZ}}"}"""), _event));
            Feed.Accept(_event);
        }

        Feed.Flush();
        long timestampMs = pumped.Clean();
        if (expectedHours is { } expected) Assert.Equal(now.AddHours(expected).ToUnixTimeMilliseconds(), timestampMs);
        else Assert.InRange(timestampMs, long.MinValue, -1);
        Assert.Equal(hours.Count(of => of > 0), Feed.Ahead);
    }

    [Fact]
    public void Tidy_after_the_clock_stepped_back_drops_expired_entities()
    {
        var clock = new ShiftedTime(TimeSpan.FromHours(1));
        _timeline.Dispose();
        _timeline = new TestTimeline(Options, _pumps, state: new StateOptions { TerminalKept = TimeSpan.FromMinutes(1) }, pool: _pool, time: clock);
        Feed.Tidy();
        clock.Shift = TimeSpan.Zero;
        Accept("""{"event":"task:completed","data":{"taskId":"t1","status":"completed"}}""");
        clock.Advance(TimeSpan.FromMinutes(2));

        Feed.Tidy();

        Assert.Equal(0, Feed.State.Total);
    }

    public static TheoryData<int> Seeds => TestLength.Seeds(3);

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Client_that_resumes_from_any_position_gets_the_matching_events_after_it(int seed)
    {
        var random = new Random(seed);
        var positions = new List<(StreamPosition Position, int Published)>();
        View unfiltered = Acquire(format: WireFormat.Subprotocol);
        for (int i = 0; i < 3000; i++)
        {
            positions.Add((Feed.Position, _published.Count));
            Accept($$$"""{"event":"task:progress","data":{"taskId":"t{{{random.Next(4)}}}","n":{{{i}}}}}""");
        }

        for (int i = 0; i < 60; i++)
        {
            (StreamPosition since, int published) = positions[random.Next(positions.Count)];
            string? task = random.Next(3) == 0 ? null : $"t{random.Next(4)}";
            var encoding = (FrameEncoding)random.Next(2);
            // A new view with an empty buffer, unless it is the unfiltered one.
            View view = Acquire(task, WireFormat.Subprotocol, encoding);
            StartPoint start = await ResumeAsync(view, since);

            string[] expected = [.. _published.Skip(published).Where(one => task is null || one.Contains($"\"{task}\"", StringComparison.Ordinal))];
            if (encoding == FrameEncoding.Plain) Assert.Equal(expected, Read(view, start.Offset).Select(DataOf));
            Assert.Equal(expected.Length, _resume.Missed);
            Assert.Null(start.Snapshot);
            Assert.True(_resume is { WasRecovering: true, Recovered: true });
            // Some views stay, so that later clients find a buffer with some history, and some are released.
            if (random.Next(2) == 0) Reader.Release(view);
            Accept($$$"""{"event":"task:progress","data":{"taskId":"t{{{random.Next(4)}}}","more":{{{i}}}}}""");
        }

        Assert.Equal(unfiltered, Acquire(format: WireFormat.Subprotocol));
    }

    [Fact]
    public async Task Events_carry_the_position_to_resume_from()
    {
        View view = Acquire(format: WireFormat.Subprotocol);
        BufferOffset begin = Reader.StartAtHead(view).Offset;
        for (int i = 0; i < 10; i++) Accept(Numbered.Payload(i));

        string[] messages = Read(view, begin);
        for (int i = 0; i < 10; i++)
        {
            using var message = JsonDocument.Parse(messages[i]);
            Assert.True(StreamPosition.TryParse(message.RootElement.GetProperty("id").GetString(), out StreamPosition position));
            StartPoint start = await ResumeAsync(view, position);
            Assert.Equal(messages[(i + 1)..], Read(view, start.Offset));
        }
    }

    [Fact]
    public async Task Evicted_or_unknown_position_is_not_resumable()
    {
        _timeline.Dispose();
        _timeline = Make(new JournalOptions { Events = 100 });
        StreamPosition old = Feed.Position;
        View view = Acquire(format: WireFormat.Subprotocol);
        for (int i = 0; i < 200; i++) Accept(Numbered.Payload(i));

        foreach (StreamPosition unknown in (StreamPosition[])[old, new StreamPosition(1, 1)])
        {
            StartPoint start = await ResumeAsync(view, unknown);
            Assert.True(_resume is { WasRecovering: true, Recovered: false, Missed: null });
            Assert.Equal(Feed.Position, _resume.Position);
            Assert.NotNull(start.Snapshot);
            start.Snapshot.Release();
        }

        await ResumeAsync(view, Feed.Position);
        Assert.True(_resume is { Recovered: true, Missed: 0 });
    }

    [Fact]
    public async Task Snapshot_from_before_a_takeover_is_not_reused()
    {
        View view = Acquire(format: WireFormat.Subprotocol);
        StartPoint before = (await Reader.ResumeOrResetAsync(view, null, _ => [], CancellationToken.None))!;
        using TestTimeline another = Make();
        Feed other = another.Feed;
        Assert.Equal(RefusalReason.None, _decoder.Decode("{\"event\":\"task:created\",\"data\":{\"taskId\":\"t1\"}}"u8.ToArray(), _event));
        other.Accept(_event);
        using TimelineCheckpoint checkpoint = other.Freeze(0, 1024);
        var text = new MemoryStream();
        checkpoint.State.MoveTo(text);
        text.Position = 0;
        StateTable state = Feed.State.CreateEmpty();
        state.Load(entities => EntityReader.Read(text, text.Length, entities));

        Feed.Load(checkpoint.Journal, state, null, []);

        StartPoint after = (await Reader.ResumeOrResetAsync(view, null, _ => [], CancellationToken.None))!;
        Assert.NotSame(before.Snapshot, after.Snapshot);
        Assert.Contains("t1", Encoding.UTF8.GetString(after.Snapshot!.Parts[0]), StringComparison.Ordinal);
        Assert.Equal(1, Reader.TakeOvers);
        before.Snapshot!.Release();
        after.Snapshot.Release();
    }

    [Fact]
    public async Task Snapshot_from_before_the_clock_stepped_back_expires()
    {
        var clock = new ShiftedTime(TimeSpan.FromHours(1));
        _timeline.Dispose();
        _timeline = new TestTimeline(Options, _pumps, pool: _pool, time: clock);
        View view = Acquire(format: WireFormat.Subprotocol);
        StartPoint before = (await Reader.ResumeOrResetAsync(view, null, _ => [], CancellationToken.None))!;
        Accept("""{"event":"task:created","data":{"taskId":"t1"}}""");
        clock.Shift = TimeSpan.Zero;
        clock.Advance(TimeSpan.FromSeconds(1));

        StartPoint after = (await Reader.ResumeOrResetAsync(view, null, _ => [], CancellationToken.None))!;

        Assert.Contains("t1", Encoding.UTF8.GetString(after.Snapshot!.Parts[0]), StringComparison.Ordinal);
        before.Snapshot!.Release();
        after.Snapshot.Release();
    }

    [Fact]
    public async Task Resume_that_exceeds_the_bounds_of_the_buffer_is_a_reset()
    {
        StreamPosition old = Feed.Position;
        for (int i = 0; i < 5000; i++) Accept(Numbered.Payload(i, new string('x', 1000)));
        View view = Acquire(format: WireFormat.Subprotocol);

        StartPoint start = await ResumeAsync(view, old);
        Assert.False(_resume.Recovered);
        Assert.NotNull(start.Snapshot);
        Assert.Equal(0, view.Buffer.Bytes);
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public async Task Client_of_an_instance_that_is_ahead_resumes_when_this_one_has_caught_up()
    {
        const int Published = 50;
        int accepted = 0;
        var clock = new ShiftedTime(TimeSpan.FromHours(1));
        using var ahead = new TestTimeline(Options, _pumps, pool: _pool, time: clock);
        _timeline.Dispose();
        _timeline = new TestTimeline(Options, _pumps, pool: _pool, time: clock, catchUp: CatchUpAsync);
        // Soon after the start, other instances may have received events that this one has not.
        clock.Advance(TimeSpan.FromSeconds(5));
        View view = Acquire(format: WireFormat.Subprotocol);
        for (; accepted < Published - 1; accepted++) Accept(Numbered.Payload(accepted));
        for (int i = 0; i < Published; i++)
        {
            Assert.Equal(RefusalReason.None, _decoder.Decode(Encoding.UTF8.GetBytes(Numbered.Payload(i)), _event));
            ahead.Feed.Accept(_event);
        }

        await ResumeAsync(view, ahead.Feed.Position);

        Assert.Equal(Published, accepted);
        Assert.True(_resume is { Recovered: true, Missed: 0 });

        Task CatchUpAsync(TimeSpan limit)
        {
            while (accepted < Published) Accept(Numbered.Payload(accepted++));
            return Task.CompletedTask;
        }
    }

    private async Task<StartPoint> ResumeAsync(View view, StreamPosition since)
    {
        StartPoint? start = await Reader.ResumeOrResetAsync(
            view,
            since.ToString(),
            resume => [(byte)((_resume = resume).GetHashCode() % 2)],
            CancellationToken.None);
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

    private TestTimeline Make(JournalOptions? journal = null, FanoutOptions? options = null) => new(options ?? Options, _pumps, journal, pool: _pool);

    private View Acquire(string? task = null, WireFormat format = WireFormat.Cecelia, FrameEncoding encoding = FrameEncoding.Plain)
    {
        Assert.True(Filter.TryMake([], task is null ? [] : [task], [], [], out Filter filter, out _));
        return Reader.Acquire(new ViewKind(filter, format, encoding))!;
    }

    private void Accept(string payload)
    {
        Assert.Equal(RefusalReason.None, _decoder.Decode(Encoding.UTF8.GetBytes(payload), _event));
        Feed.Accept(_event);
        _published.Add(Encoding.UTF8.GetString(_event.RawData));
        Feed.Flush();
        Feed.Tidy();
    }
}
