using System.Runtime.InteropServices;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Recording;

/// <summary>
/// Records what this instance received and what became of it, in two rings: accepted events, and all others, so that a flood of refused ones does not displace
/// what was accepted. <see cref="Accept"/> is for the ingest thread and takes no lock; the other members are for any thread.
/// </summary>
internal sealed class EventRecorder
{
    /// <summary>Number of bytes kept of a payload that was not accepted, to find a key in it.</summary>
    private const int ExcerptBytes = 512;

    private const int ChannelBytes = 128;
    private const int DetailBytes = 256;

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();

    /// <param name="acceptedBytes">Memory for accepted events, in bytes.</param>
    /// <param name="otherBytes">Memory for everything else, in bytes.</param>
    /// <param name="time">The clock.</param>
    public EventRecorder(long acceptedBytes, long otherBytes, TimeProvider time)
    {
        (Accepted, Others) = (new ByteRing(acceptedBytes), new ByteRing(otherBytes));
        _time = time;
    }

    /// <summary>Accepted events.</summary>
    public ByteRing Accepted { get; }

    /// <summary>Gaps, and messages that were not accepted.</summary>
    public ByteRing Others { get; }

    /// <summary>Records an event that is part of the stream. Allocates nothing.</summary>
    /// <param name="e">The event.</param>
    /// <param name="channel">Its channel; empty if it was read from a stream.</param>
    /// <param name="acceptance">Its place in the stream.</param>
    public void Accept(DecodedEvent e, ReadOnlySpan<byte> channel, Acceptance acceptance)
    {
        EventHeader header = HeaderOf(e, EventOutcome.Accepted);
        (header.TimeMs, header.Entry, header.Hash) = (acceptance.TimeMs, acceptance.Entry, acceptance.Hash);
        header.IsStale = acceptance.IsStale ? (byte)1 : (byte)0;
        header.IsStored = channel.IsEmpty ? (byte)1 : (byte)0;
        Write(Accepted, header, e, channel, default);
    }

    /// <summary>Records a decoded event that is not part of the stream.</summary>
    public void Add(EventOutcome outcome, DecodedEvent e, ReadOnlySpan<byte> channel)
    {
        EventHeader header = HeaderOf(e, outcome);
        header.TimeMs = NowMs();
        header.IsStored = channel.IsEmpty ? (byte)1 : (byte)0;
        lock (_gate) Write(Others, header, e, channel, default);
    }

    /// <summary>Records a message that was not decoded, or not entirely.</summary>
    /// <param name="outcome">What became of it.</param>
    /// <param name="channel">Its channel.</param>
    /// <param name="payload">The payload, or its beginning.</param>
    /// <param name="length">The full length of the payload in bytes.</param>
    /// <param name="reason">The reason of a refusal; null for other outcomes.</param>
    /// <param name="detail">The reason as text.</param>
    public void Add(
        EventOutcome outcome, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload, long length,
        RefusalReason reason = RefusalReason.None, string detail = "")
    {
        EventHeader header = NewHeader(outcome);
        (header.TimeMs, header.Length) = (NowMs(), length);
        var texts = new Texts(reason == RefusalReason.None ? "" : RefusalReasons.ToWireName(reason), detail, payload);
        lock (_gate) Write(Others, header, null, channel, texts);
    }

    /// <summary>Records a gap.</summary>
    /// <param name="cause">Name of the cause.</param>
    /// <param name="missed">Number of missing events; null if it is not known.</param>
    /// <param name="source">The publisher whose events are missing; empty if it is not a single one.</param>
    /// <param name="fromSeq">Its first missing number; null if there is none.</param>
    /// <param name="toSeq">Its last missing number; null if there is none.</param>
    public void AddGap(string cause, long? missed, string source, long? fromSeq, long? toSeq)
    {
        EventHeader header = NewHeader(EventOutcome.Gap);
        (header.TimeMs, header.Length, header.Seq, header.ToSeq) = (NowMs(), missed ?? -1, fromSeq ?? -1, toSeq ?? -1);
        lock (_gate) Write(Others, header, null, default, new Texts(cause, source, default));
    }

    private static EventHeader NewHeader(EventOutcome outcome) => new() { Entry = -1, Seq = -1, ToSeq = -1, Outcome = outcome };

    private static EventHeader HeaderOf(DecodedEvent e, EventOutcome outcome)
    {
        EventHeader header = NewHeader(outcome);
        (header.Seq, header.Length) = (e.Seq, e.Payload.Length);
        return header;
    }

    private static void Write(ByteRing ring, EventHeader header, DecodedEvent? e, ReadOnlySpan<byte> channel, Texts texts)
    {
        channel = channel[..Math.Min(channel.Length, ChannelBytes)];
        ReadOnlySpan<byte> excerpt = texts.Excerpt[..Math.Min(texts.Excerpt.Length, ExcerptBytes)];
        Span<byte> reason = stackalloc byte[DetailBytes];
        reason = reason[..Encode(texts.Reason, reason)];
        Span<byte> detail = stackalloc byte[DetailBytes];
        detail = detail[..Encode(texts.Detail, detail)];
        (header.Channel, header.Reason, header.Detail) = ((ushort)channel.Length, (ushort)reason.Length, (ushort)detail.Length);
        header.Excerpt = (ushort)excerpt.Length;
        int keys = 0;
        if (e is not null)
        {
            (header.Name, header.Source, header.Id) = ((ushort)e.Name.Length, (ushort)e.Source.Length, (ushort)e.Id.Length);
            (header.Project, header.Task, header.Execution) = ((ushort)e.ProjectId.Length, (ushort)e.TaskId.Length, (ushort)e.ExecutionId.Length);
            keys = header.Name + header.Source + header.Id + header.Project + header.Task + header.Execution;
        }

        Span<byte> record = ring.Begin(EventRecord.HeaderBytes + channel.Length + keys + reason.Length + detail.Length + excerpt.Length);
        MemoryMarshal.Write(record, in header);
        record = Put(record[EventRecord.HeaderBytes..], channel);
        if (e is not null) record = Put(Put(Put(Put(Put(Put(record, e.Name), e.Source), e.Id), e.ProjectId), e.TaskId), e.ExecutionId);
        Put(Put(Put(record, reason), detail), excerpt);
        ring.Commit();
    }

    private static Span<byte> Put(Span<byte> record, ReadOnlySpan<byte> text)
    {
        text.CopyTo(record);
        return record[text.Length..];
    }

    /// <summary>Encodes the text, or as much of it as fits.</summary>
    private static int Encode(string? text, Span<byte> into)
    {
        if (string.IsNullOrEmpty(text)) return 0;
        System.Text.Unicode.Utf8.FromUtf16(text, into, out _, out int written);
        return written;
    }

    private long NowMs() => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private readonly ref struct Texts(string reason, string detail, ReadOnlySpan<byte> excerpt)
    {
        public string? Reason { get; } = reason;

        public string? Detail { get; } = detail;

        public ReadOnlySpan<byte> Excerpt { get; } = excerpt;
    }
}

/// <summary>The place of an accepted event in the stream.</summary>
/// <param name="Entry">Number of its journal entry.</param>
/// <param name="Hash">Hash of its position.</param>
/// <param name="TimeMs">When it was accepted, in Unix milliseconds.</param>
/// <param name="IsStale">True if it was too old to change an entity.</param>
internal readonly record struct Acceptance(long Entry, ulong Hash, long TimeMs, bool IsStale);
