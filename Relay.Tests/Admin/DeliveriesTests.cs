using System.Net;
using System.Text;
using Cecelia.Relay.Admin;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Recording;
using Cecelia.Relay.Tests.Fanout;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Tests.Admin;

/// <summary>The deliveries that are derived from the notes of the pumps are those that the clients' transports took.</summary>
public sealed class DeliveriesTests : IDisposable
{
    private readonly FanoutOptions _options = new() { BufferBytes = 64 * 1024, PumpThreads = 2 };
    private readonly FlightRecorder _recorder = new(new RecorderOptions(), 2, TimeProvider.System);
    private readonly PumpSet _pumps;
    private readonly View _view;
    private long _appended;

    public DeliveriesTests()
    {
        _pumps = new PumpSet(_options, _ => { }, NullLogger<Pump>.Instance, _recorder);
        _view = new View(new ViewKind(Filter.None, WireFormat.Cecelia, FrameEncoding.Plain), 0, _options, new SegmentPool(), _pumps);
        _pumps.Start();
    }

    public void Dispose() => _pumps.Dispose();

    public static TheoryData<int> Seeds => TestLength.Seeds(4);

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Each_event_is_given_or_skipped_as_it_was_taken(int seed)
    {
        var random = new Random(seed);
        RandomSink[] sinks = new RandomSink[6];
        Client[] clients = [.. Enumerable.Range(0, sinks.Length).Select(i => Add(i, client => sinks[i] = new RandomSink((seed * 100) + i, client.Wake)))];
        for (int i = 0; i < 3000; i++)
        {
            Append(random.Next(0, 400));
            if (random.Next(10) == 0) Flush();
            // Enough that some clients fall behind the buffer.
            if (random.Next(200) == 0) Thread.SpinWait(20_000);
        }

        Flush();
        await Eventually.TrueAsync(() => clients.All(client => client.Delivered + client.Missed == _appended) && sinks.All(sink => !sink.Busy));
        await Eventually.TrueAsync(() => clients.All(client => !client.Span.IsBehind));
        // Without another event: the last one has its round too.
        await Eventually.TrueAsync(() => clients.All(client => new Deliveries().Of(Record(client), _appended)?.Outcome is not DeliveryOutcome.Pending));
        ConnectionRecord[] open = [.. clients.Select(client => Record(client))];
        await Task.WhenAll(clients.Select(client => client.RemoveAsync())).Within();
        ConnectionRecord[] ended = [.. clients.Select(client => Record(client, endedMs: 1))];

        var deliveries = new Deliveries();
        for (int i = 0; i < clients.Length; i++)
        {
            HashSet<int> taken = [.. WireFrame.ParseAll(sinks[i].Taken).Select(frame => Numbered.Of(frame.Text))];
            for (int entry = 1; entry <= _appended; entry++)
            {
                DeliveryOutcome expected = taken.Contains(entry) ? DeliveryOutcome.Given : DeliveryOutcome.Skipped;
                Assert.Equal(expected, deliveries.Of(open[i], entry)?.Outcome);
                Assert.Equal(expected, deliveries.Of(ended[i], entry)?.Outcome);
            }
        }

        Assert.Contains(clients, client => client.Missed > 0);
    }

    [Fact]
    public async Task Event_is_pending_while_the_transport_has_not_taken_it_and_then_given()
    {
        FullSink? sink = null;
        Client client = Add(0, one => sink = new FullSink(room: 0, one.Wake));
        Append(10);
        Append(10);
        Flush();
        await Eventually.TrueAsync(() => client.Span.IsBehind);
        Assert.Equal([DeliveryOutcome.Pending, DeliveryOutcome.Pending], Outcomes(client, null, 1, 2));

        sink!.Open();
        await Eventually.TrueAsync(() => !client.Span.IsBehind);
        Assert.Equal([DeliveryOutcome.Given, DeliveryOutcome.Given], Outcomes(client, null, 1, 2));
    }

    [Fact]
    public async Task Connection_that_ended_before_its_transport_took_the_event_was_not_given_it()
    {
        FullSink? sink = null;
        Client client = Add(0, one => sink = new FullSink(room: 0, one.Wake));
        Append(10);
        Flush();
        await Eventually.TrueAsync(() => client.Span.IsBehind);
        await client.RemoveAsync().Within();

        Assert.Equal([DeliveryOutcome.Ended], Outcomes(client, 1, 1));
    }

    [Fact]
    public async Task Connection_whose_send_failed_was_not_given_the_event()
    {
        Client client = Add(0, _ => new BrokenSink(throws: true), _ => { });
        await Eventually.TrueAsync(() => client.Span.FirstNote >= 0);
        Append(10);
        Flush();
        await Eventually.TrueAsync(() => client.Span.IsBehind);
        await client.RemoveAsync().Within();

        Assert.Equal([DeliveryOutcome.Ended], Outcomes(client, 1, 1));
    }

    [Fact]
    public async Task Connection_that_started_later_is_not_asked()
    {
        Append(10);
        Flush();
        Client client = Add(0, _ => new CountingSink());
        await Eventually.TrueAsync(() => client.Span.FirstNote >= 0);

        Assert.Null(new Deliveries().Of(Record(client), 1));
    }

    [Fact]
    public void Dropped_notes_are_not_recorded_and_newer_ones_are()
    {
        var notes = new PumpNotes(64 * PumpNotes.NoteBytes, _recorder.Flushed, TimeProvider.System);
        for (long entry = 1; entry <= 200; entry++)
        {
            _recorder.Flushed.Begin(entry);
            _recorder.Flushed.End();
            notes.BeginRound();
            notes.EndRound();
        }

        var span = new ClientSpan(0, 0, long.MaxValue, 200, IsBehind: false);
        var connection = new ConnectionRecord(ConnectionOrigin.Unknown, Transport.WebSocket, _view.Kind, notes, span, null);

        Assert.Equal(DeliveryOutcome.NotRecorded, new Deliveries().Of(connection, 10)?.Outcome);
        Assert.Equal(DeliveryOutcome.Given, new Deliveries().Of(connection, 190)?.Outcome);
    }

    private Client Add(int index, Func<Client, ISink> makeSink, Action<ClientFailure>? failed = null)
    {
        var client = new Client(
            _view.On(index % 2),
            new StartPoint(null, null, _view.Buffer.End) { Entry = _appended },
            makeSink,
            failed ?? (failure => Assert.Fail($"{failure}")),
            (lagged, _) => lagged.RestartAt(StartAtHead()))
        {
            Number = index + 1,
        };
        client.Wake();
        return client;
    }

    /// <summary>Returns the head with its entry, both at one moment.</summary>
    private StartPoint StartAtHead()
    {
        lock (_view)
        {
            return new StartPoint(null, null, _view.Buffer.End) { Entry = _appended };
        }
    }

    private void Append(int padding)
    {
        lock (_view)
        {
            _appended++;
            _view.Buffer.Append(Frames.Text(Encoding.UTF8.GetBytes(Numbered.Payload((int)_appended, new string('x', padding)))), _appended, 0);
        }
    }

    private void Flush()
    {
        _recorder.Flushed.Begin(_appended);
        _view.MarkDirty(1);
        _recorder.Flushed.End();
    }

    private static ConnectionRecord Record(Client client, long? endedMs = null) => new(
        new ConnectionOrigin(client.Number, "", "", IPAddress.Loopback, ""),
        Transport.WebSocket,
        client.View.View.Kind,
        client.View.Pump.Notes,
        client.Span,
        endedMs);

    private static DeliveryOutcome?[] Outcomes(Client client, long? endedMs, params long[] entries) =>
        [.. entries.Select(entry => new Deliveries().Of(Record(client, endedMs), entry)?.Outcome)];
}
