using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Recording;

namespace Cecelia.Relay.Tests.Recording;

/// <summary>The records of events can be read back, and recording an accepted event allocates nothing.</summary>
public sealed class EventRecorderTests
{
    private const string Payload =
        """{"event":"task:created","data":{"taskId":"T-1","executionId":"E-1"},"project_id":"P","source":"brain","seq":7,"id":"ev-7"}""";

    private readonly EventRecorder _recorder = new(1024 * 1024, 64 * 1024, TimeProvider.System);
    private readonly DecodedEvent _event = new();

    public EventRecorderTests() =>
        Assert.Equal(RefusalReason.None, new EventDecoder(new EventLimits()).Decode(Encoding.UTF8.GetBytes(Payload), _event));

    [Fact]
    public void Accepted_event_is_read_back()
    {
        _recorder.Accept(_event, "cecelia:events"u8, new Acceptance(42, 77, 1000, IsStale: true));

        EventRecord record = ReadOnly(_recorder.Accepted);
        Assert.Equal((42L, 77UL, 1000L), (record.Header.Entry, record.Header.Hash, record.Header.TimeMs));
        Assert.Equal((7L, (byte)1), (record.Header.Seq, record.Header.IsStale));
        Assert.Equal(Payload.Length, record.Header.Length);
        Assert.Equal(
            ["cecelia:events", "task:created", "brain", "ev-7", "P", "T-1", "E-1", "", "", ""],
            Texts(record));
    }

    [Fact]
    public void Refused_payload_is_read_back_with_its_reason_and_beginning()
    {
        byte[] payload = Encoding.UTF8.GetBytes("{\"id\":\"x\"" + new string(' ', 2000));
        _recorder.Add(EventOutcome.Refused, "c"u8, payload, 5000, RefusalReason.NotJson, "it ends early");

        EventRecord record = ReadOnly(_recorder.Others);
        Assert.Equal((EventOutcome.Refused, 5000, -1), (record.Outcome, record.Header.Length, record.Header.Entry));
        Assert.Equal((RefusalReasons.ToWireName(RefusalReason.NotJson), "it ends early"), (Text(record.Reason), Text(record.Detail)));
        Assert.Equal(payload[..512], record.Excerpt.ToArray());
    }

    [Fact]
    public void Gap_is_read_back()
    {
        _recorder.AddGap("publisher_gap", 3, "brain", 4, 6);

        EventRecord record = ReadOnly(_recorder.Others);
        Assert.Equal((EventOutcome.Gap, 3, 4, 6), (record.Outcome, record.Header.Length, record.Header.Seq, record.Header.ToSeq));
        Assert.Equal(("publisher_gap", "brain"), (Text(record.Reason), Text(record.Detail)));
    }

    /// <summary>1,000 clients at 100 events per second cost what any number of clients does: an event, and a round of each pump.</summary>
    [Fact]
    public void Default_memory_holds_15_minutes_of_100_events_per_second()
    {
        const int Events = 15 * 60 * 100;
        var recorder = new FlightRecorder(new RecorderOptions(), pumps: 3, TimeProvider.System);
        string payload = Payload.Replace("T-1", new string('t', 36), StringComparison.Ordinal).Replace("E-1", new string('e', 36), StringComparison.Ordinal);
        Assert.Equal(RefusalReason.None, new EventDecoder(new EventLimits()).Decode(Encoding.UTF8.GetBytes(payload), _event));
        for (int entry = 0; entry < Events; entry++)
        {
            recorder.Events!.Accept(_event, "cecelia:events"u8, new Acceptance(entry, 77, 1000, IsStale: false));
            recorder.Flushed.Begin(entry);
            recorder.Flushed.End();
            for (int pump = 0; pump < 3; pump++)
            {
                recorder.NotesOf(pump)!.BeginRound();
                recorder.NotesOf(pump)!.EndRound();
            }
        }

        Assert.False(recorder.Events!.Accepted.HasDropped);
        for (int pump = 0; pump < 3; pump++) Assert.Equal((0, Events), (recorder.NotesOf(pump)!.First, recorder.NotesOf(pump)!.Next));
        Assert.InRange(new RecorderOptions().Bytes, 1, 64 * 1024 * 1024);
    }

    [Fact]
    public void Recording_of_an_accepted_event_allocates_nothing()
    {
        long entry = 0;
        Allocations.AssertNone(() =>
        {
            for (int i = 0; i < 10_000; i++) _recorder.Accept(_event, "cecelia:events"u8, new Acceptance(entry++, 77, 1000, IsStale: false));
        });
    }

    private static EventRecord ReadOnly(ByteRing ring)
    {
        var record = new EventRecord();
        long position = 0;
        Assert.True(record.TryRead(ring, ref position));
        EventRecord first = record.Copy();
        Assert.False(record.TryRead(ring, ref position));
        return first;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private static string[] Texts(EventRecord record) =>
    [
        Text(record.Channel), Text(record.Name), Text(record.Source), Text(record.Id), Text(record.Project), Text(record.Task), Text(record.Execution),
        Text(record.Reason), Text(record.Detail), Text(record.Excerpt),
    ];
}
