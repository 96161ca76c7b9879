using System.Globalization;
using System.Text;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Recording;

namespace Cecelia.Relay.Admin;

/// <summary>The kind of a <see cref="TraceKey"/>. Closed.</summary>
internal enum TraceKind
{
    /// <summary>A position, a source with its number, or the publisher's id of an event.</summary>
    Event,

    /// <summary>A task.</summary>
    Task,

    /// <summary>An execution.</summary>
    Execution,
}

/// <summary>Selects the events of a trace. Immutable.</summary>
internal sealed class TraceKey
{
    /// <summary>Maximum length of a key in bytes of UTF-8: a source, a colon and a number.</summary>
    public const int MaxBytes = 300;

    /// <summary>
    /// Maximum difference between the times at which two instances accept one event, with the difference of their clocks: a position has the time of the
    /// instance that wrote it.
    /// </summary>
    private const long MaxApartMs = 60_000;

    private readonly byte[] _quoted;
    private readonly byte[] _quotedSource = [];

    private TraceKey(TraceKind kind, string text)
    {
        (Kind, Text) = (kind, text);
        Bytes = Encoding.UTF8.GetBytes(text);
        _quoted = [(byte)'"', .. Bytes, (byte)'"'];
        if (kind != TraceKind.Event) return;
        if (StreamPosition.TryParse(text, out StreamPosition position)) Position = position;
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !long.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long seq)) return;
        (Source, Seq) = (Encoding.UTF8.GetBytes(text[..colon]), seq);
        _quotedSource = [(byte)'"', .. Source, (byte)'"'];
    }

    public TraceKind Kind { get; }

    public string Text { get; }

    /// <summary>The text in UTF-8.</summary>
    public byte[] Bytes { get; }

    /// <summary>The position, if the text is one.</summary>
    public StreamPosition? Position { get; }

    /// <summary>The source, if the text is a source with a number; otherwise null.</summary>
    public byte[]? Source { get; }

    /// <summary>The number; -1 if the text has none.</summary>
    public long Seq { get; } = -1;

    /// <summary>Creates a key. False if the text is empty or too long.</summary>
    public static bool TryMake(TraceKind kind, string text, out TraceKey key)
    {
        key = new TraceKey(kind, text.Length <= MaxBytes ? text : "");
        return key.Bytes.Length is > 0 and <= MaxBytes;
    }

    /// <summary>Returns whether a record is of a selected event. A record that was not decoded matches if its payload contains the key.</summary>
    public bool Matches(EventRecord record)
    {
        if (record.Outcome == EventOutcome.Gap) return false;
        if (!record.Excerpt.IsEmpty) return IsIn(record.Excerpt);
        return Kind switch
        {
            TraceKind.Task => record.Task.SequenceEqual(Bytes),
            TraceKind.Execution => record.Execution.SequenceEqual(Bytes),
            _ => IsPositionOf(record) || record.Id.SequenceEqual(Bytes) || (Source is not null && IsNumberOf(record, Source, Seq)),
        };
    }

    /// <summary>Returns whether a record has this number of this source.</summary>
    public static bool IsNumberOf(EventRecord record, ReadOnlySpan<byte> source, long seq) =>
        record.Header.Seq == seq && seq >= 0 && record.Source.SequenceEqual(source);

    private bool IsPositionOf(EventRecord record) =>
        Position is { } position && record.Header.Hash == position.Hash && Math.Abs(record.Header.TimeMs - position.TimeMs) <= MaxApartMs
            && record.Outcome == EventOutcome.Accepted;

    private bool IsIn(ReadOnlySpan<byte> excerpt) =>
        excerpt.IndexOf(_quoted) >= 0 || (_quotedSource.Length > 0 && excerpt.IndexOf(_quotedSource) >= 0 && HasSeq(excerpt));

    /// <summary>Returns whether the text contains <c>"seq"</c> with the number.</summary>
    private bool HasSeq(ReadOnlySpan<byte> excerpt)
    {
        int at = excerpt.IndexOf("\"seq\""u8);
        if (at < 0) return false;
        excerpt = excerpt[(at + "\"seq\""u8.Length)..].TrimStart(" :\t\r\n"u8);
        return System.Buffers.Text.Utf8Parser.TryParse(excerpt, out long seq, out _) && seq == Seq;
    }
}
