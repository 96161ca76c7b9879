using System.Buffers;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// An event at the moment it is reduced, with what several reductions need of it ready to be written as JSON. Filled anew for each event by its owner,
/// a <see cref="StateTable"/>; every span is good until then.
/// </summary>
internal sealed class ReductionInput
{
    private const int QuotedTime = Rfc3339.Length + 2;

    private readonly byte[] _received = new byte[QuotedTime];
    private readonly byte[] _source = new byte[2 + (JsonText.MaxExpansion * EventLimits.KeyBytes)];
    private readonly byte[] _quoted = new byte[2 + (JsonText.MaxExpansion * EventLimits.KeyBytes)];
    private readonly byte[] _status = new byte[2 + (JsonText.MaxExpansion * EntityStatus.MaxBytes)];
    private readonly ArrayBufferWriter<byte> _flat = new();
    private int _sourceLength;

    public DecodedEvent Event { get; private set; } = new();

    /// <summary>When it was received, in milliseconds since 1970.</summary>
    public long NowMs { get; private set; } = Entity.Undated;

    /// <summary>For whatever has to be put together before it is set; whoever uses it empties it first.</summary>
    public ArrayBufferWriter<byte> Scratch { get; } = new();

    /// <summary>The data object in one piece, for flat messages too.</summary>
    public ReadOnlySpan<byte> Data => Event.IsFlat ? _flat.WrittenSpan : Event.RawData;

    /// <summary>The time of receipt, as a JSON string.</summary>
    public ReadOnlySpan<byte> RawReceived => _received;

    /// <summary>The publisher's time, else that of receipt, as a JSON string.</summary>
    public ReadOnlySpan<byte> RawTime => Event.RawTimestamp is { IsEmpty: false } given ? given : _received;

    /// <summary>The publisher, as a JSON string in canonical form; empty when it did not say.</summary>
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

    /// <summary>An id (at most <see cref="EventLimits.KeyBytes"/> long) as a JSON string. Good until the next call.</summary>
    public ReadOnlySpan<byte> Quoted(scoped ReadOnlySpan<byte> text) => _quoted.AsSpan(0, Quote(text, _quoted));

    /// <summary>As <see cref="Quoted"/>, for a status (at most <see cref="EntityStatus.MaxBytes"/> long), which has to outlast the ids.</summary>
    public ReadOnlySpan<byte> QuotedStatus(scoped ReadOnlySpan<byte> text) => _status.AsSpan(0, Quote(text, _status));

    private static int Quote(scoped ReadOnlySpan<byte> text, Span<byte> destination)
    {
        int length = JsonText.Escape(text, destination[1..]);
        destination[0] = destination[length + 1] = (byte)'"';
        return length + 2;
    }
}
