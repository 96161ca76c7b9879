using System.Buffers;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// A stream that keeps what is written in pooled pieces, so that output of unknown length never needs an array twice its size. Past the bound bytes are
/// counted and dropped. The owner disposes it. Not thread-safe.
/// </summary>
/// <param name="maxBytes">Most bytes that are kept.</param>
internal sealed class HandoffOutput(long maxBytes) : Stream
{
    /// <summary>The size of the chunks of a <see cref="StateCopy"/>: the chunks that it gives back to the pool while it is written are used for the output.</summary>
    private const int PieceBytes = StateCopy.ChunkBytes;

    private readonly List<byte[]> _pieces = [];
    private long _length;

    /// <summary>Bytes written, kept or not.</summary>
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
            int at = (int)(_length % PieceBytes);
            if (at == 0) _pieces.Add(ArrayPool<byte>.Shared.Rent(PieceBytes));
            int count = Math.Min(buffer.Length, PieceBytes - at);
            buffer[..count].CopyTo(_pieces[^1].AsSpan(at));
            _length += count;
            buffer = buffer[count..];
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    /// <summary>All that was written, in one array of exactly that length; null when it was more than the bound. What was written is gone from here then.</summary>
    public byte[]? Take()
    {
        if (_length > maxBytes) return null;
        byte[] all = GC.AllocateUninitializedArray<byte>((int)_length);
        for (int i = 0; i < _pieces.Count; i++)
        {
            int from = i * PieceBytes;
            _pieces[i].AsSpan(0, Math.Min(PieceBytes, all.Length - from)).CopyTo(all.AsSpan(from));
        }

        ReturnPieces();
        return all;
    }

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
