using System.Buffers;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// The event that is being reduced, with the values that several reductions write as JSON. The owner, a <see cref="StateTable"/>, refills it for each event;
/// every span is valid until then.
/// </summary>
internal sealed class ReductionInput
{
    private const int QuotedTimeBytes = Rfc3339.Length + 2;

    private readonly byte[] _received = new byte[QuotedTimeBytes];
    private readonly byte[] _source = new byte[2 + (JsonText.MaxExpansion * EventLimits.KeyBytes)];
    private readonly byte[] _quoted = new byte[2 + (JsonText.MaxExpansion * EventLimits.KeyBytes)];
    private readonly byte[] _status = new byte[2 + (JsonText.MaxExpansion * EntityStatus.MaxBytes)];
    private readonly ArrayBufferWriter<byte> _flat = new();
    private int _sourceLength;

    public DecodedEvent Event { get; private set; } = new();

    /// <summary>Time at which the event was received, in Unix milliseconds.</summary>
    public long NowMs { get; private set; } = Entity.Undated;

    /// <summary>A buffer for composed values. Users must reset it first.</summary>
    public ArrayBufferWriter<byte> Scratch { get; } = new();

    /// <summary>The data object as contiguous text, also for flat messages.</summary>
    public ReadOnlySpan<byte> Data => Event.IsFlat ? _flat.WrittenSpan : Event.RawData;

    /// <summary>The time of receipt, as a JSON string.</summary>
    public ReadOnlySpan<byte> RawReceived => _received;

    /// <summary>The publisher's timestamp, otherwise the time of receipt, as a JSON string.</summary>
    public ReadOnlySpan<byte> RawTime => Event.RawTimestamp is { IsEmpty: false } timestamp ? timestamp : _received;

    /// <summary>The publisher's source as a JSON string in canonical form; empty if it gave none.</summary>
    public ReadOnlySpan<byte> RawSource => _source.AsSpan(0, _sourceLength);

    public void Fill(DecodedEvent e, long nowMs)
    {
        Event = e;
        if (nowMs != NowMs)
        {
            _received[0] = _received[^1] = (byte)'"';
            Rfc3339.Write(nowMs, _received.AsSpan(1));
            NowMs = nowMs;
        }

        _sourceLength = e.Source.IsEmpty ? 0 : Quote(e.Source, _source);
        if (!e.IsFlat) return;
        _flat.ResetWrittenCount();
        _flat.Advance(e.CopyDataTo(_flat.GetSpan(e.DataLength)));
    }

    /// <summary>Returns an id (at most <see cref="EventLimits.KeyBytes"/> long) as a JSON string. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Quoted(scoped ReadOnlySpan<byte> text) => _quoted.AsSpan(0, Quote(text, _quoted));

    /// <summary>
    /// Returns a status (at most <see cref="EntityStatus.MaxBytes"/> long) as a JSON string. Valid until the next call; calls of <see cref="Quoted"/> do not
    /// affect it.
    /// </summary>
    public ReadOnlySpan<byte> QuotedStatus(scoped ReadOnlySpan<byte> text) => _status.AsSpan(0, Quote(text, _status));

    private static int Quote(scoped ReadOnlySpan<byte> text, Span<byte> destination)
    {
        int length = JsonText.Escape(text, destination[1..]);
        destination[0] = destination[length + 1] = (byte)'"';
        return length + 2;
    }
}
