using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cecelia.Relay.Recording;

/// <summary>The fixed part of a record; the texts follow in the order of their lengths. The layout is private to this process.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EventHeader
{
    /// <summary>When it was received, in Unix milliseconds.</summary>
    public long TimeMs;

    /// <summary>Number of the journal entry; -1 if it has none.</summary>
    public long Entry;

    /// <summary>Hash of the position; 0 if it has none.</summary>
    public ulong Hash;

    /// <summary>The publisher's number, or the first missing number of a gap; -1 if there is none.</summary>
    public long Seq;

    /// <summary>The last missing number of a gap; -1 if there is none.</summary>
    public long ToSeq;

    /// <summary>Length of the payload in bytes, or the number of events that a gap reports; -1 if it is not known.</summary>
    public long Length;
    public EventOutcome Outcome;
    public byte IsStale;
    public byte IsStored;
    public byte Reserved;
    public ushort Channel;
    public ushort Name;
    public ushort Source;
    public ushort Id;
    public ushort Project;
    public ushort Task;
    public ushort Execution;
    public ushort Reason;
    public ushort Detail;
    public ushort Excerpt;
}

/// <summary>A copy of one record, reused for the next. Not thread-safe. Every span is valid until the next <see cref="TryRead"/>.</summary>
internal sealed class EventRecord
{
    private readonly byte[] _bytes = new byte[ByteRing.MaxRecordBytes];
    private EventHeader _header;

    public static int HeaderBytes { get; } = Unsafe.SizeOf<EventHeader>();

    public EventHeader Header => _header;

    public EventOutcome Outcome => _header.Outcome;

    public ReadOnlySpan<byte> Channel => Text(0, _header.Channel);

    public ReadOnlySpan<byte> Name => Text(_header.Channel, _header.Name);

    public ReadOnlySpan<byte> Source => Text(_header.Channel + _header.Name, _header.Source);

    public ReadOnlySpan<byte> Id => Text(_header.Channel + _header.Name + _header.Source, _header.Id);

    public ReadOnlySpan<byte> Project => Text(IdEnd, _header.Project);

    public ReadOnlySpan<byte> Task => Text(IdEnd + _header.Project, _header.Task);

    public ReadOnlySpan<byte> Execution => Text(IdEnd + _header.Project + _header.Task, _header.Execution);

    /// <summary>The reason of a refusal, or the cause of a gap.</summary>
    public ReadOnlySpan<byte> Reason => Text(KeysEnd, _header.Reason);

    public ReadOnlySpan<byte> Detail => Text(KeysEnd + _header.Reason, _header.Detail);

    /// <summary>The beginning of the payload of a message that was not decoded.</summary>
    public ReadOnlySpan<byte> Excerpt => Text(KeysEnd + _header.Reason + _header.Detail, _header.Excerpt);

    private int IdEnd => _header.Channel + _header.Name + _header.Source + _header.Id;

    private int KeysEnd => IdEnd + _header.Project + _header.Task + _header.Execution;

    /// <summary>Reads the next record of a ring. False at the end.</summary>
    public bool TryRead(ByteRing ring, ref long position)
    {
        if (!ring.TryRead(ref position, _bytes, out int length)) return false;
        _header = MemoryMarshal.Read<EventHeader>(_bytes.AsSpan(0, length));
        return true;
    }

    /// <summary>Returns a copy that does not change.</summary>
    public EventRecord Copy()
    {
        var copy = new EventRecord { _header = _header };
        _bytes.CopyTo(copy._bytes, 0);
        return copy;
    }

    private ReadOnlySpan<byte> Text(int start, int length) => _bytes.AsSpan(HeaderBytes + start, length);
}
