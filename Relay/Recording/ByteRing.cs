using System.Buffers.Binary;

namespace Cecelia.Relay.Recording;

/// <summary>
/// A ring buffer of records of different lengths, the oldest of which are dropped to make room. One thread at a time writes; any number of threads read at
/// the same time without a lock, and each record that they get is whole. Allocates only when it is created.
/// </summary>
/// <remarks>
/// Positions count all bytes ever written, so a position says by itself whether its record has been dropped. A record is its length and its bytes, padded to
/// eight, and is never split at the end of the array: the rest there is skipped, marked by a negative length.
/// <para>
/// Example: the array has 64 KiB, and records of 200 bytes occupy 208. After 1,000 of them the head is about 208,000 and the tail at least 142,464. The writer
/// first moves the tail, then overwrites. A reader copies a record, then reads the tail: if that has passed the record, the copy may be mixed with newer bytes
/// and is not used, and the reader continues at the tail.
/// </para>
/// </remarks>
internal sealed class ByteRing
{
    /// <summary>Maximum length of a record, in bytes.</summary>
    public const int MaxRecordBytes = 4096;

    /// <summary>Minimum size of a ring, in bytes.</summary>
    public const int MinBytes = 64 * 1024;

    private const int HeaderBytes = sizeof(int);

    private readonly byte[] _bytes;
    private long _tail;
    private long _head;
    private long _start;

    /// <param name="bytes">Size in bytes; at least <see cref="MinBytes"/> are used.</param>
    public ByteRing(long bytes) => _bytes = GC.AllocateUninitializedArray<byte>((int)(Math.Clamp(bytes, MinBytes, 1 << 30) & ~7));

    /// <summary>True once a record has been dropped. Any thread.</summary>
    public bool HasDropped => Volatile.Read(ref _tail) > 0;

    /// <summary>Returns the memory of a new record, which readers do not see before <see cref="Commit"/>. For the writer.</summary>
    /// <param name="length">Length of the record, at most <see cref="MaxRecordBytes"/>.</param>
    public Span<byte> Begin(int length)
    {
        int size = SizeOf(length);
        int offset = (int)(_head % _bytes.Length);
        bool fits = offset + size <= _bytes.Length;
        _start = fits ? _head : _head + _bytes.Length - offset;
        MakeRoom(_start + size);
        if (!fits) BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(offset), -1);
        int start = fits ? offset : 0;
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(start), length);
        return _bytes.AsSpan(start + HeaderBytes, length);
    }

    /// <summary>Makes the record of the last <see cref="Begin"/> visible. For the writer.</summary>
    public void Commit()
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan((int)(_start % _bytes.Length)));
        Volatile.Write(ref _head, _start + SizeOf(length));
    }

    /// <summary>Copies the record at a position, or the oldest one after it, and moves the position behind it. False at the end. Any thread.</summary>
    /// <param name="position">Zero at first; changed by each call.</param>
    /// <param name="into">Receives the record; at least <see cref="MaxRecordBytes"/> long.</param>
    /// <param name="length">Length of the record.</param>
    public bool TryRead(ref long position, Span<byte> into, out int length)
    {
        while (true)
        {
            position = Math.Max(position, Volatile.Read(ref _tail));
            length = 0;
            if (position >= Volatile.Read(ref _head)) return false;
            int offset = (int)(position % _bytes.Length);
            int recorded = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(offset));
            // Any number may be here if the record is being overwritten.
            bool isRecord = recorded >= 0 && recorded <= into.Length && offset + HeaderBytes + recorded <= _bytes.Length;
            if (isRecord) _bytes.AsSpan(offset + HeaderBytes, recorded).CopyTo(into);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _tail) > position) continue;
            position += isRecord ? SizeOf(recorded) : _bytes.Length - offset;
            if (!isRecord) continue;
            length = recorded;
            return true;
        }
    }

    private static int SizeOf(int length) => (HeaderBytes + length + 7) & ~7;

    /// <summary>Drops the oldest records until everything before <paramref name="end"/> fits.</summary>
    private void MakeRoom(long end)
    {
        if (end - _tail <= _bytes.Length) return;
        // Some more than necessary, so that the fence below is rare.
        long until = Math.Min(_head, end - _bytes.Length + (_bytes.Length / 64));
        long tail = _tail;
        while (tail < until)
        {
            int offset = (int)(tail % _bytes.Length);
            int length = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(offset));
            tail += length < 0 ? _bytes.Length - offset : SizeOf(length);
        }

        Volatile.Write(ref _tail, tail);
        // A reader that sees the new bytes must also see the new tail.
        Interlocked.MemoryBarrier();
    }
}
