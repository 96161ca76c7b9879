namespace Cecelia.Relay.Redis;

/// <summary>A stream over the bodies of consecutive pieces, which are not copied into one array. Not thread-safe.</summary>
/// <param name="bodies">The bodies in order. They must not change while the stream is read.</param>
/// <param name="skip">Number of bytes to skip at the beginning. The bodies must have at least as many.</param>
/// <param name="length">Number of bytes to read after these. The bodies must have at least as many.</param>
internal sealed class PieceReader(IReadOnlyList<ReadOnlyMemory<byte>> bodies, long skip, long length) : Stream
{
    private int _piece;
    private long _offset = skip;
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
        while (_piece < bodies.Count && _offset >= bodies[_piece].Length) _offset -= bodies[_piece++].Length;
        int count = (int)Math.Min(Math.Min(buffer.Length, length - _read), _piece < bodies.Count ? bodies[_piece].Length - _offset : 0);
        if (count == 0) return 0;
        bodies[_piece].Span.Slice((int)_offset, count).CopyTo(buffer);
        _offset += count;
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
