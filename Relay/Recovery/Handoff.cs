using System.IO.Compression;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Minutes;
using Cecelia.Relay.Redis;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Recovery;

/// <summary>
/// What one instance hands over to another: the end of its journal, its entity state with the minutes, and the last number of each publisher. The format is
/// private to instances of this version: the bytes of another version are not read, but see <see cref="HandoffMinutes"/>. Reading and writing allocate in
/// pieces of bounded size and for bytes that exist, not for lengths that the text claims. Immutable.
/// </summary>
/// <param name="AtMs">The time up to which no event is missing in it, in Unix milliseconds.</param>
/// <param name="InStream">An entry of the Redis Stream up to which no event is missing in it; null if that is not known.</param>
/// <param name="Journal">The newest part of the journal.</param>
/// <param name="State">The entities, and the minutes.</param>
/// <param name="Publishers">The publishers, as written by <see cref="PublisherTable.WriteTo"/>.</param>
internal sealed record Handoff(long AtMs, RedisStreamId? InStream, JournalTail Journal, StateTable State, byte[] Publishers)
{
    /// <summary>Maximum size of a block that is read into memory, whatever length it claims: the size of the largest journal.</summary>
    private const int MaxBlockBytes = 1 << 30;

    /// <summary>Maximum number of entries: that of the largest journal (CECELIA_JOURNAL_EVENTS).</summary>
    private const int MaxEntries = 1 << 24;

    /// <summary>A block is read in pieces of this size, so that a false length does not allocate memory.</summary>
    private const int PieceBytes = 1 << 20;

    /// <summary>Number of entries for which memory is allocated before any has been read.</summary>
    private const int PieceEntries = 1 << 12;

    /// <summary>
    /// Number of bytes that are passed to the compressor at once, instead of each bracket on its own. Below the size of the large object heap.
    /// </summary>
    private const int BufferBytes = 1 << 16;

    private static ReadOnlySpan<byte> Format => "cecelia-handoff-4\n"u8;

    /// <summary>The end of the blob, by which a truncated one is recognized.</summary>
    private static ReadOnlySpan<byte> End => "end\n"u8;

    /// <summary>
    /// Writes the compressed blob, which the caller disposes. Returns null if it would be larger than <paramref name="maxBytes"/>. The memory of the
    /// checkpoint's state is returned to the pool while it is written, so that no more than the compressed size is needed in addition.
    /// </summary>
    /// <param name="checkpoint">The history and state. The state is empty afterwards. The caller disposes it.</param>
    /// <param name="inStream">See <see cref="InStream"/>.</param>
    /// <param name="publishers">The publishers, as written by <see cref="PublisherTable.WriteTo"/>.</param>
    /// <param name="maxBytes">Maximum size of the blob.</param>
    /// <param name="length">Size of the blob in bytes, also of one that is too large.</param>
    public static PieceWriter? Write(TimelineCheckpoint checkpoint, RedisStreamId? inStream, byte[] publishers, long maxBytes, out long length)
    {
        var output = new PieceWriter(maxBytes);
        try
        {
            Write(checkpoint, inStream, publishers, output);
            // The state is worth more than the minutes: they are left out if both together would be too large.
            byte[] minutes = HandoffMinutes.Compress(checkpoint.Minutes);
            if (output.Length + minutes.Length + End.Length <= maxBytes) output.Write(minutes);
            output.Write(End);
        }
        catch
        {
            output.Dispose();
            throw;
        }

        length = output.Length;
        if (length <= maxBytes) return output;
        output.Dispose();
        return null;
    }

    /// <summary>Reads a blob. Returns null and an error message for anything that this version has not written.</summary>
    /// <param name="pieces">The blob, in pieces of any length.</param>
    /// <param name="state">An empty table to fill within its own limits. Must be discarded when null is returned.</param>
    /// <param name="error">Why the blob cannot be read; null on success.</param>
    public static Handoff? Read(IReadOnlyList<ReadOnlyMemory<byte>> pieces, StateTable state, out string? error)
    {
        error = null;
        long length = pieces.Sum(piece => (long)piece.Length);
        if (!Holds(pieces, 0, Format))
        {
            error = "the handoff was written by another version";
            return null;
        }

        if (length < Format.Length + End.Length || !Holds(pieces, length - End.Length, End))
        {
            error = "the handoff is truncated";
            return null;
        }

        try
        {
            MinuteTable minutes = HandoffMinutes.Read(pieces, Format.Length, length - End.Length, out long minuteBytes);
            var content = new PieceReader(pieces, Format.Length, length - Format.Length - End.Length - minuteBytes);
            using var reader = new BinaryReader(new ZLibStream(content, CompressionMode.Decompress));
            Handoff handoff = Read(reader, state);
            state.Minutes = minutes;
            return handoff;
        }
        catch (Exception broken) when (broken is InvalidDataException or EndOfStreamException or IOException or StateUnreadableException)
        {
            error = $"the handoff is damaged: {broken.Message}";
            return null;
        }
        catch (OutOfMemoryException)
        {
            // An instance that starts without history still serves.
            error = "there is not enough memory to read it";
            return null;
        }
    }

    private static bool Holds(IReadOnlyList<ReadOnlyMemory<byte>> pieces, long offset, ReadOnlySpan<byte> text)
    {
        Span<byte> found = stackalloc byte[32];
        return new PieceReader(pieces, offset, text.Length).ReadAtLeast(found[..text.Length], text.Length, throwOnEndOfStream: false) == text.Length
            && found[..text.Length].SequenceEqual(text);
    }

    private static void Write(TimelineCheckpoint checkpoint, RedisStreamId? inStream, byte[] publishers, PieceWriter output)
    {
        output.Write(Format);
        using (var writer = new BinaryWriter(new BufferedStream(new ZLibStream(output, CompressionLevel.Fastest, leaveOpen: true), BufferBytes)))
        {
            writer.Write(checkpoint.AtMs);
            writer.Write(inStream.HasValue);
            writer.Write(inStream.GetValueOrDefault().Ms);
            writer.Write(inStream.GetValueOrDefault().Seq);
            foreach (ulong message in checkpoint.Journal.Window) writer.Write(message);
            writer.Write(checkpoint.Journal.Entries.Length);
            foreach (TailEntry entry in checkpoint.Journal.Entries)
            {
                writer.Write(entry.Position.Hash);
                writer.Write(entry.Position.TimeMs);
                writer.Write((byte)entry.Kind);
                writer.Write(entry.Length);
            }

            WriteBlock(writer, checkpoint.Journal.Payloads);
            WriteBlock(writer, publishers);
            writer.Write(checked((int)checkpoint.State.HandoffLength));
            writer.Flush();
            checkpoint.State.MoveTo(writer.BaseStream);
        }
    }

    private static Handoff Read(BinaryReader reader, StateTable state)
    {
        long atMs = reader.ReadInt64();
        bool isInStream = reader.ReadBoolean();
        var inStream = new RedisStreamId(reader.ReadUInt64(), reader.ReadUInt64());
        ulong[] window = new ulong[MessageWindow.Length];
        for (int i = 0; i < window.Length; i++) window[i] = reader.ReadUInt64();
        int count = reader.ReadInt32();
        if (count is < 0 or > MaxEntries) throw new InvalidDataException("a count is invalid");
        TailEntry[] entries = [];
        long bytes = 0;
        for (int i = 0; i < count; i++)
        {
            var position = new StreamPosition(reader.ReadUInt64(), reader.ReadInt64());
            var entry = new TailEntry(position, (EntryKind)reader.ReadByte(), reader.ReadInt32());
            if (!Enum.IsDefined(entry.Kind) || entry.Length < 0) throw new InvalidDataException("an entry is invalid");
            bytes += entry.Length;
            if (i == entries.Length) Array.Resize(ref entries, Math.Min(count, Math.Max(PieceEntries, 2 * i)));
            entries[i] = entry;
        }

        byte[] payloads = ReadBlock(reader);
        if (bytes != payloads.Length) throw new InvalidDataException("the lengths of the entries do not add up");
        byte[] publishers = ReadBlock(reader);
        int length = ReadLength(reader);
        state.Load(entities => EntityReader.Read(reader.BaseStream, length, entities));
        // Reading to the end also verifies the checksum.
        if (reader.BaseStream.ReadByte() >= 0) throw new InvalidDataException("there are trailing bytes");
        return new Handoff(atMs, isInStream ? inStream : null, new JournalTail(window, entries, payloads), state, publishers);
    }

    private static void WriteBlock(BinaryWriter writer, ReadOnlySpan<byte> block)
    {
        writer.Write(block.Length);
        writer.Write(block);
    }

    private static int ReadLength(BinaryReader reader)
    {
        int length = reader.ReadInt32();
        return length >= 0 ? length : throw new InvalidDataException("the length of a block is invalid");
    }

    /// <summary>Reads one array, which doubles as bytes arrive and ends up with exactly the claimed length.</summary>
    private static byte[] ReadBlock(BinaryReader reader)
    {
        int length = ReadLength(reader);
        if (length > MaxBlockBytes) throw new InvalidDataException("the length of a block is invalid");
        byte[] block = [];
        for (int read = 0; read < length; read = block.Length)
        {
            Array.Resize(ref block, (int)Math.Min(length, Math.Max(PieceBytes, 2L * read)));
            reader.BaseStream.ReadExactly(block.AsSpan(read));
        }

        return block;
    }
}
