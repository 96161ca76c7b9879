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
/// <param name="AtMs">When it was frozen, in Unix milliseconds.</param>
/// <param name="Journal">Its newest part.</param>
/// <param name="State">As <see cref="StateCopy.WriteTo"/> wrote it.</param>
/// <param name="Publishers">As <see cref="PublisherTable.WriteTo"/> wrote them.</param>
internal sealed record Handoff(long AtMs, JournalTail Journal, byte[] State, byte[] Publishers)
{
    /// <summary>Most bytes that are read into memory from a blob, whatever it claims: the largest state and journal there may be, and some.</summary>
    private const int MaxBytes = 1 << 30;

    private static ReadOnlySpan<byte> Format => "cecelia-handoff-1\n"u8;

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

        try
        {
            using var reader = new BinaryReader(new ZLibStream(new MemoryStream(blob, Format.Length, blob.Length - Format.Length), CompressionMode.Decompress));
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
        for (int count = reader.ReadInt32(); count > 0; count--)
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
        return new Handoff(atMs, new JournalTail(window, [.. entries], payloads), ReadBlock(reader), publishers);
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
        byte[] block = reader.ReadBytes(length);
        return block.Length == length ? block : throw new EndOfStreamException("it ends too early");
    }
}
