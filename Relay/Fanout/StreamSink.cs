using System.Buffers;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// Writes to the connection's stream, where the bytes pass through TLS or HTTP/2 before they reach a socket. A stream cannot report that it would block, so
/// each write takes at most <see cref="ChunkBytes"/>, and no more is taken while one is pending. The bytes are copied into a rented buffer first, because a
/// pending write may outlive the segment.
/// </summary>
internal sealed class StreamSink(Stream stream, Client client, CancellationToken aborted) : ISink
{
    private const int ChunkBytes = 16 * 1024;

    private readonly Lock _gate = new();
    private volatile bool _busy;
    private volatile bool _broken;
    private byte[]? _later;
    private int _laterLength;
    private long _progress;

    public long Progress => Volatile.Read(ref _progress);

    public bool Busy => _busy;

    public Task Pending { get; private set; } = Task.CompletedTask;

    public int Send(ReadOnlySpan<byte> bytes)
    {
        int taken = 0;
        while (taken < bytes.Length)
        {
            if (_broken) return SinkResult.Broken;
            if (_busy) return taken;
            ReadOnlySpan<byte> chunk = bytes.Slice(taken, Math.Min(ChunkBytes, bytes.Length - taken));
            Write(chunk);
            taken += chunk.Length;
        }

        return taken;
    }

    public void SendLater(ReadOnlySpan<byte> bytes)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(copy);
        lock (_gate)
        {
            // Usually the write that made Send return early is still pending; FinishAsync sends these bytes after it.
            _later = copy;
            _laterLength = bytes.Length;
            if (_busy) return;
            _busy = true;
        }

        Pending = FinishAsync(default, null);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_later is { } copy && !_busy) ArrayPool<byte>.Shared.Return(copy);
            _later = null;
        }
    }

    private void Write(ReadOnlySpan<byte> chunk)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(chunk.Length);
        chunk.CopyTo(copy);
        ValueTask write;
        try
        {
            write = stream.WriteAsync(copy.AsMemory(0, chunk.Length), aborted);
        }
        catch (Exception gone) when (IsGone(gone))
        {
            _broken = true;
            ArrayPool<byte>.Shared.Return(copy);
            return;
        }

        if (write.IsCompletedSuccessfully)
        {
            ArrayPool<byte>.Shared.Return(copy);
            return;
        }

        _busy = true;
        Pending = FinishAsync(write, copy);
    }

    private async Task FinishAsync(ValueTask write, byte[]? copy)
    {
        try
        {
            await write.ConfigureAwait(false);
            Volatile.Write(ref _progress, _progress + 1);
            if (copy is not null) ArrayPool<byte>.Shared.Return(copy);
            while (TakeLater(out copy, out int length))
            {
                for (int sent = 0; sent < length; sent += ChunkBytes)
                {
                    await stream.WriteAsync(copy.AsMemory(sent, Math.Min(ChunkBytes, length - sent)), aborted).ConfigureAwait(false);
                    Volatile.Write(ref _progress, _progress + 1);
                }

                ArrayPool<byte>.Shared.Return(copy!);
            }
        }
        catch (Exception)
        {
            // The peer is gone, or there was no memory for the write: either way nothing more is sent. The buffer of a failed write is left to the garbage
            // collector, since the transport may still be reading it.
            _broken = true;
            _busy = false;
        }

        client.Wake();
    }

    private bool TakeLater(out byte[]? copy, out int length)
    {
        lock (_gate)
        {
            (copy, length) = (_later, _laterLength);
            _later = null;
            if (copy is null) _busy = false;
            return copy is not null;
        }
    }

    private static bool IsGone(Exception e) => e is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException;
}
