using System.Buffers;
using System.IO.Compression;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Journal;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// What one instance leaves to another: the end of its journal, its state, and how far each publisher had come. The bytes are for instances of this
/// version alone: what another wrote is not read. Immutable.
/// </summary>
/// <param name="AtMs">Up to when nothing is missing in it, in Unix milliseconds.</param>
/// <param name="Journal">Its newest part.</param>
/// <param name="State">As <see cref="StateCopy.WriteTo"/> wrote it.</param>
/// <param name="Publishers">As <see cref="PublisherTable.WriteTo"/> wrote them.</param>
internal sealed record Handoff(long AtMs, JournalTail Journal, byte[] State, byte[] Publishers)
{
    /// <summary>Most bytes of a block that are read into memory, whatever it claims: the largest state or journal there may be.</summary>
    private const int MaxBytes = 1 << 30;

    /// <summary>As many as the largest journal may have (CECELIA_JOURNAL_EVENTS).</summary>
    private const int MaxEntries = 1 << 24;

    /// <summary>A block is read by such pieces, so that a length that is not true takes no memory.</summary>
    private const int PieceBytes = 1 << 20;

    private static ReadOnlySpan<byte> Format => "cecelia-handoff-2\n"u8;

    /// <summary>Behind all else, so that what was cut off is noticed.</summary>
    private static ReadOnlySpan<byte> End => "end\n"u8;

    /// <summary>The blob, compressed.</summary>
    public static byte[] Write(FrozenFeed frozen, byte[] publishers)
    {
        var state = new ArrayBufferWriter<byte>(frozen.State.Length + 1024);
        frozen.State.WriteTo(state);
        var blob = new MemoryStream();
        blob.Write(Format);
        using (var writer = new BinaryWriter(new ZLibStream(blob, CompressionLevel.Fastest, leaveOpen: true)))
        {
            writer.Write(frozen.AtMs);
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
            WriteBlock(writer, state.WrittenSpan);
        }

        blob.Write(End);
        return blob.ToArray();
    }

    /// <summary>Null, with a sentence that says why, for anything that this version has not written.</summary>
    public static Handoff? Read(byte[] blob, out string? error)
    {
        error = null;
        if (!blob.AsSpan().StartsWith(Format))
        {
            error = "it was written by another version";
            return null;
        }

        if (blob.Length < Format.Length + End.Length || !blob.AsSpan().EndsWith(End))
        {
            error = "it was cut off";
            return null;
        }

        try
        {
            using var reader = new BinaryReader(new ZLibStream(new MemoryStream(blob, Format.Length, blob.Length - Format.Length - End.Length), CompressionMode.Decompress));
            return Read(reader);
        }
        catch (Exception broken) when (broken is InvalidDataException or EndOfStreamException or IOException)
        {
            error = $"it is damaged: {broken.Message}";
            return null;
        }
    }

    private static Handoff Read(BinaryReader reader)
    {
        long atMs = reader.ReadInt64();
        ulong[] window = new ulong[MessageWindow.Length];
        for (int i = 0; i < window.Length; i++) window[i] = reader.ReadUInt64();
        var entries = new List<TailEntry>();
        long bytes = 0;
        int count = reader.ReadInt32();
        if (count is < 0 or > MaxEntries) throw new InvalidDataException("a count makes no sense");
        for (; count > 0; count--)
        {
            var position = new JournalPosition(reader.ReadUInt64(), reader.ReadInt64());
            var entry = new TailEntry(position, (EntryKind)reader.ReadByte(), reader.ReadInt32());
            if (!Enum.IsDefined(entry.Kind) || entry.Length < 0) throw new InvalidDataException("an entry makes no sense");
            bytes += entry.Length;
            entries.Add(entry);
        }

        byte[] payloads = ReadBlock(reader);
        if (bytes != payloads.Length) throw new InvalidDataException("the entries do not add up");
        byte[] publishers = ReadBlock(reader);
        byte[] state = ReadBlock(reader);
        // At the end the checksum is looked at too.
        if (reader.BaseStream.ReadByte() >= 0) throw new InvalidDataException("it does not end where it should");
        return new Handoff(atMs, new JournalTail(window, [.. entries], payloads), state, publishers);
    }

    private static void WriteBlock(BinaryWriter writer, ReadOnlySpan<byte> block)
    {
        writer.Write(block.Length);
        writer.Write(block);
    }

    private static byte[] ReadBlock(BinaryReader reader)
    {
        int length = reader.ReadInt32();
        if (length is < 0 or > MaxBytes) throw new InvalidDataException("a block's length makes no sense");
        var block = new MemoryStream(Math.Min(length, PieceBytes));
        while (block.Length < length)
        {
            byte[] piece = reader.ReadBytes((int)Math.Min(length - block.Length, PieceBytes));
            if (piece.Length == 0) throw new EndOfStreamException("it ends too early");
            block.Write(piece);
        }

        return block.ToArray();
    }
}
