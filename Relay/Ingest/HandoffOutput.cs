using System.Buffers;
using System.Buffers.Binary;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// A stream that keeps what is written in pooled pieces, each ready to be stored under a key of its own, so that output of unknown length never needs an
/// array of its whole size. Past the bound bytes are counted and dropped. The owner disposes it. Not thread-safe.
/// </summary>
/// <param name="maxBytes">Most bytes that are kept.</param>
internal sealed class HandoffOutput(long maxBytes) : Stream
{
    /// <summary>
    /// Largest piece with its head, in bytes: the size of the chunks of a <see cref="StateCopy"/>, since the chunks that it gives back to the pool while it
    /// is written are used for the output.
    /// </summary>
    public const int PieceBytes = StateCopy.ChunkBytes;

    /// <summary>Each piece begins with the number of pieces (big endian), which is 0 in all but the last.</summary>
    public const int HeadBytes = sizeof(int);

    private const int BodyBytes = PieceBytes - HeadBytes;

    private readonly List<byte[]> _pieces = [];
    private long _length;

    /// <summary>Bytes written, kept or not, without the heads.</summary>
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
            int at = (int)(_length % BodyBytes);
            if (at == 0) _pieces.Add(ArrayPool<byte>.Shared.Rent(PieceBytes));
            int count = Math.Min(buffer.Length, BodyBytes - at);
            buffer[..count].CopyTo(_pieces[^1].AsSpan(HeadBytes + at));
            _length += count;
            buffer = buffer[count..];
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    /// <summary>The pieces with their heads, good until the output is written to or disposed; none when nothing was written, or more than the bound.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Seal()
    {
        var sealedPieces = new ReadOnlyMemory<byte>[_pieces.Count];
        for (int i = 0; i < _pieces.Count; i++)
        {
            bool isLast = i == _pieces.Count - 1;
            BinaryPrimitives.WriteInt32BigEndian(_pieces[i], isLast ? _pieces.Count : 0);
            sealedPieces[i] = _pieces[i].AsMemory(0, HeadBytes + (int)Math.Min(BodyBytes, _length - ((long)i * BodyBytes)));
        }

        return sealedPieces;
    }

    /// <summary>Leaves the pieces to the collector instead of the pool: somebody may still read them.</summary>
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
