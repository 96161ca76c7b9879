using System.IO.Compression;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Journal;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// What one instance leaves to another: the end of its journal, its state, and how far each publisher had come. The bytes are for instances of this
/// version alone: what another wrote is not read. Both ways take memory in pieces of bounded size and for bytes that are there, not for lengths that are
/// claimed. Immutable.
/// </summary>
/// <param name="AtMs">Up to when nothing is missing in it, in Unix milliseconds.</param>
/// <param name="InStream">An entry of the Redis Stream up to which nothing is missing in it; null where that is not known.</param>
/// <param name="Journal">Its newest part.</param>
/// <param name="State">The entities.</param>
/// <param name="Publishers">As <see cref="PublisherTable.WriteTo"/> wrote them.</param>
internal sealed record Handoff(long AtMs, RedisStreamId? InStream, JournalTail Journal, StateTable State, byte[] Publishers)
{
    /// <summary>Most bytes of a block that is read into memory, whatever it claims: the largest journal there may be.</summary>
    private const int MaxBlockBytes = 1 << 30;

    /// <summary>As many as the largest journal may have (CECELIA_JOURNAL_EVENTS).</summary>
    private const int MaxEntries = 1 << 24;

    /// <summary>A block is read by such pieces, so that a length that is not true takes no memory.</summary>
    private const int PieceBytes = 1 << 20;

    /// <summary>Entries that memory is taken for before any has been read.</summary>
    private const int PieceEntries = 1 << 12;

    /// <summary>The compressor is called for so many bytes at once, not for each bracket. Below what the collector keeps apart as large.</summary>
    private const int BufferBytes = 1 << 16;

    private static ReadOnlySpan<byte> Format => "cecelia-handoff-4\n"u8;

    /// <summary>Behind all else, so that what was cut off is noticed.</summary>
    private static ReadOnlySpan<byte> End => "end\n"u8;

    /// <summary>
    /// The blob, compressed, which the caller disposes; null when it would be larger than <paramref name="maxBytes"/>. The frozen state is given back to the
    /// pool while it is written, so that beside it no more than the compressed size is needed.
    /// </summary>
    /// <param name="frozen">Its state is empty afterwards. The caller disposes it.</param>
    /// <param name="inStream">As <see cref="InStream"/>.</param>
    /// <param name="publishers">As <see cref="PublisherTable.WriteTo"/> wrote them.</param>
    /// <param name="maxBytes">Most bytes of the blob.</param>
    /// <param name="length">Bytes of the blob, also of one that is too large.</param>
    public static HandoffOutput? Write(TimelineCheckpoint frozen, RedisStreamId? inStream, byte[] publishers, long maxBytes, out long length)
    {
        var output = new HandoffOutput(maxBytes);
        try
        {
            Write(frozen, inStream, publishers, output);
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

    /// <summary>Null, with a sentence that says why, for anything that this version has not written.</summary>
    /// <param name="pieces">What was written, in pieces of any length.</param>
    /// <param name="state">An empty table, which gets the entities and keeps its own bounds. To be thrown away when null is returned.</param>
    /// <param name="error">Why not.</param>
    public static Handoff? Read(IReadOnlyList<ReadOnlyMemory<byte>> pieces, StateTable state, out string? error)
    {
        error = null;
        long length = pieces.Sum(piece => (long)piece.Length);
        if (!Holds(pieces, 0, Format))
        {
            error = "it was written by another version";
            return null;
        }

        if (length < Format.Length + End.Length || !Holds(pieces, length - End.Length, End))
        {
            error = "it was cut off";
            return null;
        }

        try
        {
            var content = new HandoffInput(pieces, Format.Length, length - Format.Length - End.Length);
            using var reader = new BinaryReader(new ZLibStream(content, CompressionMode.Decompress));
            return Read(reader, state);
        }
        catch (Exception broken) when (broken is InvalidDataException or EndOfStreamException or IOException or StateUnreadableException)
        {
            error = $"it is damaged: {broken.Message}";
            return null;
        }
        catch (OutOfMemoryException)
        {
            // An instance that starts without history still serves.
            error = "there is not enough memory to read it";
            return null;
        }
    }

    private static bool Holds(IReadOnlyList<ReadOnlyMemory<byte>> pieces, long at, ReadOnlySpan<byte> text)
    {
        Span<byte> found = stackalloc byte[32];
        return new HandoffInput(pieces, at, text.Length).ReadAtLeast(found[..text.Length], text.Length, throwOnEndOfStream: false) == text.Length && found[..text.Length].SequenceEqual(text);
    }

    private static void Write(TimelineCheckpoint frozen, RedisStreamId? inStream, byte[] publishers, HandoffOutput output)
    {
        output.Write(Format);
        using (var writer = new BinaryWriter(new BufferedStream(new ZLibStream(output, CompressionLevel.Fastest, leaveOpen: true), BufferBytes)))
        {
            writer.Write(frozen.AtMs);
            writer.Write(inStream.HasValue);
            writer.Write(inStream.GetValueOrDefault().Ms);
            writer.Write(inStream.GetValueOrDefault().Seq);
            foreach (ulong message in frozen.Journal.Window) writer.Write(message);
            writer.Write(frozen.Journal.Entries.Length);
            foreach (TailEntry entry in frozen.Journal.Entries)
            {
                writer.Write(entry.Position.Hash);
                writer.Write(entry.Position.TimeMs);
                writer.Write((byte)entry.Kind);
                writer.Write(entry.Length);
            }

            WriteBlock(writer, frozen.Journal.Payloads);
            WriteBlock(writer, publishers);
            writer.Write(checked((int)frozen.State.HandoffLength));
            writer.Flush();
            frozen.State.MoveTo(writer.BaseStream);
        }

        output.Write(End);
    }

    private static Handoff Read(BinaryReader reader, StateTable state)
    {
        long atMs = reader.ReadInt64();
        bool isInStream = reader.ReadBoolean();
        var inStream = new RedisStreamId(reader.ReadUInt64(), reader.ReadUInt64());
        ulong[] window = new ulong[MessageWindow.Length];
        for (int i = 0; i < window.Length; i++) window[i] = reader.ReadUInt64();
        int count = reader.ReadInt32();
        if (count is < 0 or > MaxEntries) throw new InvalidDataException("a count makes no sense");
        TailEntry[] entries = [];
        long bytes = 0;
        for (int i = 0; i < count; i++)
        {
            var position = new StreamPosition(reader.ReadUInt64(), reader.ReadInt64());
            var entry = new TailEntry(position, (EntryKind)reader.ReadByte(), reader.ReadInt32());
            if (!Enum.IsDefined(entry.Kind) || entry.Length < 0) throw new InvalidDataException("an entry makes no sense");
            bytes += entry.Length;
            if (i == entries.Length) Array.Resize(ref entries, Math.Min(count, Math.Max(PieceEntries, 2 * i)));
            entries[i] = entry;
        }

        byte[] payloads = ReadBlock(reader);
        if (bytes != payloads.Length) throw new InvalidDataException("the entries do not add up");
        byte[] publishers = ReadBlock(reader);
        state.Load(reader.BaseStream, ReadLength(reader));
        // At the end the checksum is looked at too.
        if (reader.BaseStream.ReadByte() >= 0) throw new InvalidDataException("it does not end where it should");
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
        return length >= 0 ? length : throw new InvalidDataException("a block's length makes no sense");
    }

    /// <summary>One array, which doubles as bytes arrive and ends with exactly the length that was claimed.</summary>
    private static byte[] ReadBlock(BinaryReader reader)
    {
        int length = ReadLength(reader);
        if (length > MaxBlockBytes) throw new InvalidDataException("a block's length makes no sense");
        byte[] block = [];
        for (int at = 0; at < length; at = block.Length)
        {
            Array.Resize(ref block, (int)Math.Min(length, Math.Max(PieceBytes, 2L * at)));
            reader.BaseStream.ReadExactly(block.AsSpan(at));
        }

        return block;
    }
}
