using System.Buffers;
using System.Runtime.CompilerServices;

namespace Cecelia.Relay.State;

/// <summary>
/// The memory of undo copies, which is reused from generation to generation, so that a warm relay allocates nothing. Not thread-safe; the counters may be read
/// from any thread.
/// </summary>
internal sealed class UndoMemory
{
    /// <summary>Size of a chunk, below the garbage collector's limit for large objects. A record of a quarter of it or more has its own chunk.</summary>
    public const int ChunkBytes = 32 * 1024;

    /// <summary>Number of records in a page.</summary>
    public const int PageRecords = 256;

    private readonly Stack<byte[]> _chunks = new();
    private readonly Stack<UndoRecord[]> _pages = new();
    private long _bytes;

    /// <summary>Bytes in use and bytes that are kept for reuse.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    private static int PageBytes => PageRecords * Unsafe.SizeOf<UndoRecord>();

    /// <summary>Returns an array of at least that many bytes.</summary>
    public byte[] RentChunk(int bytes)
    {
        if (bytes <= ChunkBytes && _chunks.TryPop(out byte[]? kept)) return kept;
        byte[] chunk = bytes <= ChunkBytes ? GC.AllocateUninitializedArray<byte>(ChunkBytes) : ArrayPool<byte>.Shared.Rent(bytes);
        Count(chunk.Length);
        return chunk;
    }

    public UndoRecord[] RentPage()
    {
        if (_pages.TryPop(out UndoRecord[]? kept)) return kept;
        var page = new UndoRecord[PageRecords];
        Count(PageBytes);
        return page;
    }

    /// <summary>Takes back the memory of a generation.</summary>
    /// <param name="chunks">Its chunks.</param>
    /// <param name="pages">Its pages.</param>
    /// <param name="isRead">Whether a reader may still use them, so that they cannot be reused.</param>
    public void Return(List<byte[]> chunks, List<UndoRecord[]> pages, bool isRead)
    {
        foreach (byte[] chunk in chunks)
        {
            if (isRead || chunk.Length != ChunkBytes) Count(-chunk.Length);
            else _chunks.Push(chunk);
            if (!isRead && chunk.Length != ChunkBytes) ArrayPool<byte>.Shared.Return(chunk);
        }

        foreach (UndoRecord[] page in pages)
        {
            if (isRead) Count(-PageBytes);
            else _pages.Push(page);
        }
    }

    /// <summary>Frees an array that is kept for reuse. Returns false if there is none.</summary>
    public bool TryFree()
    {
        if (_chunks.TryPop(out byte[]? chunk)) Count(-chunk.Length);
        else if (_pages.TryPop(out _)) Count(-PageBytes);
        else return false;
        return true;
    }

    private void Count(long bytes) => Volatile.Write(ref _bytes, _bytes + bytes);
}
