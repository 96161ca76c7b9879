namespace Cecelia.Relay.Ingest;

/// <summary>A stream that reads the bodies of pieces one after the other, without copying them into one array. Not thread-safe.</summary>
/// <param name="bodies">In order. Must not change while this is read.</param>
/// <param name="skip">Bytes that are left out at the beginning; there must be as many.</param>
/// <param name="length">Bytes that are read behind these; there must be as many.</param>
internal sealed class HandoffInput(IReadOnlyList<ReadOnlyMemory<byte>> bodies, long skip, long length) : Stream
{
    private int _piece;
    private long _at = skip;
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        while (_piece < bodies.Count && _at >= bodies[_piece].Length) _at -= bodies[_piece++].Length;
        int count = (int)Math.Min(Math.Min(buffer.Length, length - _read), _piece < bodies.Count ? bodies[_piece].Length - _at : 0);
        if (count == 0) return 0;
        bodies[_piece].Span.Slice((int)_at, count).CopyTo(buffer);
        _at += count;
        _read += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
