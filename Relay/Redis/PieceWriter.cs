using System.Buffers;
using System.Buffers.Binary;

namespace Cecelia.Relay.Redis;

/// <summary>
/// A stream that stores its output in pooled pieces, each ready to be stored under its own key, so that output of unknown length never needs one array of its
/// whole size. Bytes beyond the limit are counted and dropped. The owner disposes it. Not thread-safe.
/// </summary>
/// <param name="maxBytes">Maximum number of bytes that are stored.</param>
internal sealed class PieceWriter(long maxBytes) : Stream
{
    /// <summary>
    /// Maximum size of a piece including its header, in bytes. It is the chunk size of a copy of the entity state, since the chunks that such a copy returns
    /// to the pool while it is written are reused for the output.
    /// </summary>
    public const int PieceBytes = 256 * 1024;

    /// <summary>Size of the header of each piece: the number of pieces (big endian) in the last piece, 0 in all others.</summary>
    public const int HeaderBytes = sizeof(int);

    private const int BodyBytes = PieceBytes - HeaderBytes;

    private readonly List<byte[]> _pieces = [];
    private long _length;

    /// <summary>Number of bytes that were written, stored or not, without the headers.</summary>
    public override long Length => _length;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_length + buffer.Length > maxBytes)
        {
            _length += buffer.Length;
            ReturnPieces();
            return;
        }

        while (buffer.Length > 0)
        {
            int offset = (int)(_length % BodyBytes);
            if (offset == 0) _pieces.Add(ArrayPool<byte>.Shared.Rent(PieceBytes));
            int count = Math.Min(buffer.Length, BodyBytes - offset);
            buffer[..count].CopyTo(_pieces[^1].AsSpan(HeaderBytes + offset));
            _length += count;
            buffer = buffer[count..];
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    /// <summary>
    /// Writes the headers and returns the pieces, which are valid until the stream is written to or disposed. Returns none when nothing was written, or more
    /// than the limit.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Seal()
    {
        var sealedPieces = new ReadOnlyMemory<byte>[_pieces.Count];
        for (int i = 0; i < _pieces.Count; i++)
        {
            bool isLast = i == _pieces.Count - 1;
            BinaryPrimitives.WriteInt32BigEndian(_pieces[i], isLast ? _pieces.Count : 0);
            sealedPieces[i] = _pieces[i].AsMemory(0, HeaderBytes + (int)Math.Min(BodyBytes, _length - ((long)i * BodyBytes)));
        }

        return sealedPieces;
    }

    /// <summary>Leaves the pieces to the garbage collector instead of the pool, because they may still be read.</summary>
    public void Abandon() => _pieces.Clear();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        ReturnPieces();
        base.Dispose(disposing);
    }

    private void ReturnPieces()
    {
        foreach (byte[] piece in _pieces) ArrayPool<byte>.Shared.Return(piece);
        _pieces.Clear();
    }
}
