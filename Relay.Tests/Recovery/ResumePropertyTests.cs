using System.Text.Json;
using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit.Abstractions;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// Two instances receive one stream, which repeats itself again and again; one starts later, both miss some of it and record a gap. A client that is
/// disconnected anywhere and resumes at either of them receives every published event once and in order, or a notice that it does not.
/// </summary>
public sealed class ResumePropertyTests(ITestOutputHelper output)
{
    private const int Scenarios = 150;
    private const int MostSteps = 1200;

    /// <summary>The next action; each kind uses some of the numbers.</summary>
    private sealed record Step(int Kind, int Count, int Which, int[] Numbers);

    private static readonly Gen<Step> AnyStep = Gen.Select(
        Gen.Int[0, 19],
        Gen.Int[0, 11],
        Gen.Int[0, 1],
        Gen.Int[0, 99_999].Array[12],
        (kind, count, which, numbers) => new Step(kind, count, which, numbers));

    [Fact]
    public async Task Client_receives_every_event_or_a_notice_under_random_faults_and_reconnections()
    {
        int resumed = 0, notified = 0, events = 0;
        int scenarios = TestLength.Times(Scenarios);
        await Gen.Select(Gen.Int[0, 3], AnyStep.Array[0, MostSteps]).SampleAsync(
            async (pace, steps) =>
            {
                using var scenario = new Scenario(pace);
                await scenario.RunAsync(steps);
                Interlocked.Add(ref resumed, scenario.Resumed);
                Interlocked.Add(ref notified, scenario.Notified);
                Interlocked.Add(ref events, scenario.Seen);
            },
            iter: scenarios);

        output.WriteLine($"{scenarios} scenarios: {resumed} times recovered, {notified} times notified of a loss, {events} events seen");
        Assert.True(resumed > 10 * scenarios && notified > scenarios, $"{resumed} times recovered and {notified} times notified is too few to be meaningful");
    }

    /// <summary>An instance: its feed and its entries, each by its index among all published events; a gap is -1.</summary>
    private sealed class Relay : IDisposable
    {
        private static readonly FanoutOptions Options = new() { PumpThreads = 1, CatchUp = TimeSpan.Zero };
        private static readonly JournalOptions Small = new() { Bytes = 1024 * 1024, Events = 4096 };
        private readonly PumpSet _pumps = new(Options, _ => { }, NullLogger<Pump>.Instance);
        private readonly EventDecoder _decoder = new(new EventLimits());
        private readonly DecodedEvent _event = new();
        private readonly TestTimeline _timeline;

        public Relay(TimeProvider clock)
        {
            _timeline = new TestTimeline(Options, _pumps, Small, time: clock);
            View = Reader.Acquire(new ViewKind(Filter.None, WireFormat.Subprotocol, FrameEncoding.Plain))!;
        }

        public Feed Feed => _timeline.Feed;

        public TimelineReader Reader => _timeline.Reader;

        public View View { get; }

        public List<int> Entries { get; } = [];

        public void Accept(string payload, int index)
        {
            Assert.Equal(RefusalReason.None, _decoder.Decode(Encoding.UTF8.GetBytes(payload), _event));
            Feed.Accept(_event);
            Feed.Flush();
            Entries.Add(index);
        }

        public void NoteGap()
        {
            Feed.NoteGap(new Gap(GapCause.RedisLost));
            Entries.Add(-1);
        }

        public void Dispose()
        {
            _timeline.Dispose();
            _pumps.Dispose();
        }
    }

    private sealed class Scenario : IDisposable
    {
        private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 2, 6, 8, 30, 0, TimeSpan.Zero));
        private readonly List<Relay> _relays = [];
        private readonly List<string> _published = [];
        private readonly bool[] _isDisconnected = new bool[2];
        private readonly int _pace;
        private int[] _cycle = [0, 0, 0, 0, 0, 0];

        // The client: its connection, the offset in that instance's buffer, the number of entries of that instance that it has read, and its newest id.
        private Relay? _at;
        private BufferOffset _place;
        private int _read;
        private string? _id;
        private int _last = -1;

        // The meaning of the newest id before an instance took it for an earlier position that looks the same; -1: none did.
        private int _meant = -1;

        /// <param name="pace">From 0, some thousand events a second, to 3, some ten.</param>
        public Scenario(int pace)
        {
            _pace = 1 + (int)Math.Pow(10, pace / 1.5);
            AddRelay(0);
        }

        public int Resumed { get; private set; }

        public int Notified { get; private set; }

        public int Seen { get; private set; }

        public async Task RunAsync(Step[] steps)
        {
            foreach (Step step in steps)
            {
                int relay = step.Which % _relays.Count;
                switch (step.Kind)
                {
                    case 0:
                        // From now on the stream repeats a few events, or one, or is random again.
                        _cycle = [.. step.Numbers.Take((step.Count % 6) + 1).Select(number => number % 3)];
                        break;
                    case 1 when _relays.Count == 1:
                        AddRelay((step.Numbers[0] % 400) - 200);
                        break;
                    case 2:
                        ToggleLink(relay);
                        break;
                    case 3 or 4 or 5:
                        await ConnectAsync(_relays[relay]);
                        break;
                    case 6 or 7 or 8 or 9:
                        // As far as it gets before it is disconnected.
                        Read(step.Count);
                        break;
                    default:
                        foreach (int number in step.Numbers.Take(step.Count)) Publish(number);
                        break;
                }
            }

            Read(int.MaxValue);
        }

        public void Dispose() => _relays.ForEach(relay => relay.Dispose());

        private void Publish(int number)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(2 * (number / 3 % _pace)));
            int which = _cycle.Length == 6 ? number % 3 : _cycle[_published.Count % _cycle.Length];
            _published.Add($$$"""{"event":"e","data":{"n":{{{which}}}}}""");
            for (int i = 0; i < _relays.Count; i++)
            {
                if (!_isDisconnected[i]) _relays[i].Accept(_published[^1], _published.Count - 1);
            }
        }

        /// <summary>Adds an instance. The clocks differ and never show the same millisecond: an exact time identifies an instance's own position.</summary>
        private void AddRelay(int skew) => _relays.Add(new Relay(new SkewedClock(_clock, TimeSpan.FromMilliseconds((2 * skew) + _relays.Count))));

        private void ToggleLink(int which)
        {
            if (_isDisconnected[which]) _relays[which].NoteGap();
            _isDisconnected[which] = !_isDisconnected[which];
        }

        private async Task ConnectAsync(Relay relay)
        {
            ResumeResult welcome = default;
            StartPoint? start = await relay.Reader.ResumeOrResetAsync(
                relay.View,
                _id,
                given => [(byte)(welcome = given).Position.TimeMs],
                CancellationToken.None);
            Assert.NotNull(start);
            start.Snapshot?.Release();
            Assert.Equal(welcome.Recovered, start.Snapshot is null);
            _at = relay;
            _place = start.Offset;
            // The view is as old as the instance and is unfiltered: a frame for each entry.
            _read = (int)start.Offset.Frame;
            if (welcome.Recovered)
            {
                int index = _read == 0 ? StartOf(relay) : relay.Entries[_read - 1];
                if (index != _last && _isDisconnected[_relays.IndexOf(relay)] && LooksAlike(index, _last))
                {
                    // A limit of positions: an instance that has lost its link, and has not noticed, cannot detect that the same window of events was
                    // published again.
                    _meant = _meant < 0 ? _last : _meant;
                    _last = index;
                }
                else if (index != _last && index == _meant)
                {
                    // The client has read nothing since, so its id is the same, and this instance resolves it.
                    _last = index;
                }

                // It continues after its last entry, and from there to the head the instance has everything.
                Assert.Equal(_last, index);
                Assert.DoesNotContain(-1, relay.Entries.Skip(_read));
                Assert.Equal(relay.Entries.Count - _read, welcome.Missed);
                Resumed++;
            }
            else
            {
                _id = welcome.Position.ToString();
                _last = _read == 0 ? StartOf(relay) : relay.Entries[_read - 1];
                _meant = -1;
                Notified++;
            }
        }

        /// <summary>Returns whether the windows of events that end at the two indexes are the same, so that both have the same hash.</summary>
        private bool LooksAlike(int first, int other)
        {
            if (Math.Min(first, other) < MessageWindow.Length - 1) return false;
            return Window(first).SequenceEqual(Window(other));

            IEnumerable<string> Window(int last) => _published.Take(last + 1).TakeLast(MessageWindow.Length);
        }

        /// <summary>Returns the start of an instance, which no other instance can identify.</summary>
        private int StartOf(Relay relay) => -2 - _relays.IndexOf(relay);

        private void Read(int max)
        {
            if (_at is not { } relay) return;
            foreach (SubprotocolMessage message in Messages(relay.View, ref _place, max))
            {
                int entry = relay.Entries[_read++];
                if (message.Name == "relay:gap")
                {
                    Assert.Equal(-1, entry);
                    Notified++;
                }
                else
                {
                    // Consecutive, except where a gap was reported.
                    if (_last >= 0) Assert.Equal(_last + 1, entry);
                    Assert.Equal(JsonDocument.Parse(_published[entry]).RootElement.GetProperty("data").GetRawText(), message.Data.GetRawText());
                    Seen++;
                }

                _last = entry;
                _meant = -1;
                _id = message.Id;
            }
        }

        private static List<SubprotocolMessage> Messages(View view, ref BufferOffset position, int max)
        {
            var messages = new List<SubprotocolMessage>();
            while (messages.Count < max && view.Buffer.TryHold(ref position, out Segment? segment, out long missed))
            {
                Assert.Equal(0, missed);
                int end = segment.Committed.Bytes;
                int at = position.Offset;
                long frame = position.Frame;
                for (; at < end && messages.Count < max; frame++)
                {
                    (int next, _) = segment.FrameAt(at);
                    ReadOnlySpan<byte> bytes = segment.Read(at, next);
                    messages.Add(SubprotocolMessage.Parse(Encoding.UTF8.GetString(bytes[(bytes[1] < 126 ? 2 : bytes[1] == 126 ? 4 : 10)..])));
                    at = next;
                }

                position = new BufferOffset(segment.Number, at, frame);
                segment.Release();
            }

            return messages;
        }
    }

    private sealed class SkewedClock(TimeProvider clock, TimeSpan skew) : TimeProvider
    {
        public override long TimestampFrequency => clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + skew;

        public override long GetTimestamp() => clock.GetTimestamp();
    }
}
