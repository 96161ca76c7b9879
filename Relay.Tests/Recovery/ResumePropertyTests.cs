using System.Text.Json;
using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;
using Cecelia.Relay.Tests.Recovery;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit.Abstractions;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// Two instances hear one stream, which repeats itself again and again; one begins later, both miss some of it and say so. A client that is cut off anywhere and goes on
/// at either of them sees what was published, each event once and in order, or is told that it does not.
/// </summary>
public sealed class ResumePropertyTests(ITestOutputHelper output)
{
    private const int Worlds = 150;
    private const int MostSteps = 1200;

    /// <summary>What happens next; each kind uses some of the numbers.</summary>
    private sealed record Step(int Kind, int Count, int Which, int[] Numbers);

    private static readonly Gen<Step> AnyStep = Gen.Select(Gen.Int[0, 19], Gen.Int[0, 11], Gen.Int[0, 1], Gen.Int[0, 99_999].Array[12], (kind, count, which, numbers) => new Step(kind, count, which, numbers));

    [Fact]
    public async Task Client_sees_what_was_published_or_is_told_whatever_happens_and_wherever_it_goes()
    {
        int resumed = 0, told = 0, events = 0;
        int worlds = TestLength.Times(Worlds);
        await Gen.Select(Gen.Int[0, 3], AnyStep.Array[0, MostSteps]).SampleAsync(
            async (pace, steps) =>
            {
                using var world = new World(pace);
                await world.RunAsync(steps);
                Interlocked.Add(ref resumed, world.Resumed);
                Interlocked.Add(ref told, world.Told);
                Interlocked.Add(ref events, world.Seen);
            },
            iter: worlds);

        output.WriteLine($"{worlds} worlds: {resumed} times recovered, {told} times told, {events} events seen");
        Assert.True(resumed > 10 * worlds && told > worlds, $"{resumed} times recovered and {told} times told is too little to mean anything");
    }

    /// <summary>An instance: its feed, and what is in it, each entry by its place among all that was published; a gap is -1.</summary>
    private sealed class Relay : IDisposable
    {
        private static readonly FanoutOptions Options = new() { PumpThreads = 1, CatchUp = TimeSpan.Zero };
        private static readonly JournalOptions Small = new() { Bytes = 1024 * 1024, Events = 4096 };
        private readonly SegmentPool _pool = new();
        private readonly PumpSet _pumps = new(Options, _ => { }, NullLogger<Pump>.Instance);
        private readonly EventDecoder _decoder = new(new EventLimits());
        private readonly DecodedEvent _event = new();

        public Relay(TimeProvider clock)
        {
            Feed = new Feed(Options, Small, new StateOptions(), new EventLimits(), new ViewTable(Options, _pool, _pumps), _pool, clock);
            View = Feed.Acquire(new ViewKind(Filter.None, WireFormat.Subprotocol, FrameEncoding.Plain))!;
        }

        public Feed Feed { get; }

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
            Feed.Dispose();
            _pumps.Dispose();
        }
    }

    private sealed class World : IDisposable
    {
        private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 2, 6, 8, 30, 0, TimeSpan.Zero));
        private readonly List<Relay> _relays = [];
        private readonly List<string> _published = [];
        private readonly bool[] _isDeaf = new bool[2];
        private readonly int _pace;
        private int[] _cycle = [0, 0, 0, 0, 0, 0];

        // The client: where it is connected, the place in that instance's log, the entries of that instance which it has read, and its newest id.
        private Relay? _at;
        private BufferOffset _place;
        private int _read;
        private string? _id;
        private int _last = -1;

        // What the newest id meant before an instance took it for an earlier place that looks alike; -1: none did.
        private int _meant = -1;

        /// <param name="pace">From 0, some thousand events in a second, to 3, some ten.</param>
        public World(int pace)
        {
            _pace = 1 + (int)Math.Pow(10, pace / 1.5);
            AddRelay(0);
        }

        public int Resumed { get; private set; }

        public int Told { get; private set; }

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
                        ToggleDeafness(relay);
                        break;
                    case 3 or 4 or 5:
                        await ConnectAsync(_relays[relay]);
                        break;
                    case 6 or 7 or 8 or 9:
                        // As far as it gets before the cut.
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
                if (!_isDeaf[i]) _relays[i].Accept(_published[^1], _published.Count - 1);
            }
        }

        /// <summary>Their clocks differ, and never show the same millisecond: an exact time is the mark of an instance's own place.</summary>
        private void AddRelay(int skew) => _relays.Add(new Relay(new SkewedClock(_clock, TimeSpan.FromMilliseconds((2 * skew) + _relays.Count))));

        private void ToggleDeafness(int which)
        {
            if (_isDeaf[which]) _relays[which].NoteGap();
            _isDeaf[which] = !_isDeaf[which];
        }

        private async Task ConnectAsync(Relay relay)
        {
            ResumeResult welcome = default;
            StartPoint? start = await relay.Feed.ResumeOrResetAsync(relay.View, _id, given => [(byte)(welcome = given).Position.TimeMs], CancellationToken.None);
            Assert.NotNull(start);
            start.Snapshot?.Release();
            Assert.Equal(welcome.Recovered, start.Snapshot is null);
            _at = relay;
            _place = start.Position;
            // The view is as old as the instance and shows everything: a frame for each entry.
            _read = (int)start.Position.Frame;
            if (welcome.Recovered)
            {
                int place = _read == 0 ? Unnamed(relay) : relay.Entries[_read - 1];
                if (place != _last && _isDeaf[_relays.IndexOf(relay)] && LooksAlike(place, _last))
                {
                    // A limit of positions: an instance that has lost its link, and has not noticed, cannot know that the same window of events passed once more.
                    _meant = _meant < 0 ? _last : _meant;
                    _last = place;
                }
                else if (place != _last && place == _meant)
                {
                    // The client has read nothing since, so its id is the same, and this instance knows what it means.
                    _last = place;
                }

                // It goes on behind the entry that it had, and from there to the head the instance has everything.
                Assert.Equal(_last, place);
                Assert.DoesNotContain(-1, relay.Entries.Skip(_read));
                Assert.Equal(relay.Entries.Count - _read, welcome.Missed);
                Resumed++;
            }
            else
            {
                _id = welcome.Position.ToString();
                _last = _read == 0 ? Unnamed(relay) : relay.Entries[_read - 1];
                _meant = -1;
                Told++;
            }
        }

        /// <summary>Whether the window of events that ends at one place is the same as at the other, so that both have the same hash.</summary>
        private bool LooksAlike(int one, int other)
        {
            if (Math.Min(one, other) < MessageWindow.Length - 1) return false;
            return Window(one).SequenceEqual(Window(other));

            IEnumerable<string> Window(int last) => _published.Take(last + 1).TakeLast(MessageWindow.Length);
        }

        /// <summary>Where an instance began, which no other can know.</summary>
        private int Unnamed(Relay relay) => -2 - _relays.IndexOf(relay);

        private void Read(int most)
        {
            if (_at is not { } relay) return;
            foreach (SubprotocolMessage message in Messages(relay.View, ref _place, most))
            {
                int entry = relay.Entries[_read++];
                if (message.Name == "relay:gap")
                {
                    Assert.Equal(-1, entry);
                    Told++;
                }
                else
                {
                    // One after the other, but where it was told of a gap.
                    if (_last >= 0) Assert.Equal(_last + 1, entry);
                    Assert.Equal(JsonDocument.Parse(_published[entry]).RootElement.GetProperty("data").GetRawText(), message.Data.GetRawText());
                    Seen++;
                }

                _last = entry;
                _meant = -1;
                _id = message.Id;
            }
        }

        private static List<SubprotocolMessage> Messages(View view, ref BufferOffset position, int most)
        {
            var messages = new List<SubprotocolMessage>();
            while (messages.Count < most && view.Buffer.TryHold(ref position, out Segment? segment, out long missed))
            {
                Assert.Equal(0, missed);
                int end = segment.Committed.Bytes;
                int at = position.Offset;
                long frame = position.Frame;
                for (; at < end && messages.Count < most; frame++)
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
