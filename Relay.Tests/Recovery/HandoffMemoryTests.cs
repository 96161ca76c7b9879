using System.IO.Compression;
using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.State;
using Cecelia.Relay.Tests.Redis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>
/// At a heap limit of 256 MB, 2,000 tasks of 20 KB ended the relay: the copy for the next instance needed three arrays of its full size, two of which grew by
/// doubling. The allocations of the copy are measured exactly here.
/// </summary>
[Collection(SerialTests.Name)]
public sealed class HandoffMemoryTests : IDisposable
{
    private const int Tasks = 2000;
    private const long MiB = 1024 * 1024;

    private readonly PumpSet _pumps;
    private readonly TestTimeline _timeline;
    private readonly Feed _feed;
    private readonly EventDecoder _decoder = new(new EventLimits());
    private readonly DecodedEvent _event = new();

    public HandoffMemoryTests()
    {
        var options = new FanoutOptions { PumpThreads = 1 };
        _pumps = new PumpSet(options, _ => { }, NullLogger<Pump>.Instance);
        _timeline = new TestTimeline(options, _pumps, new JournalOptions { Bytes = (int)MiB });
        _feed = _timeline.Feed;
    }

    public void Dispose()
    {
        _timeline.Dispose();
        _pumps.Dispose();
    }

    /// <summary>The pieces reuse the chunks that a copy of the state returns to the pool while it is written.</summary>
    [Fact]
    public void Pieces_have_the_size_of_the_chunks_of_a_state_copy() => Assert.Equal(StateCopy.ChunkBytes, PieceWriter.PieceBytes);

    [Fact]
    public void Copy_of_a_large_state_allocates_the_state_once_and_its_compressed_size()
    {
        Fill(Tasks, 20_000);
        long state = _feed.State.Bytes;
        Assert.InRange(state, 39 * MiB, 45 * MiB);
        // Compiles the measured code. It empties nothing: the pool keeps less than a copy of this size.
        using (TimelineCheckpoint first = _feed.Freeze(1, MiB)) Handoff.Write(first, inStream: null, [], 64 * MiB, out _)!.Dispose();

        long before = GC.GetAllocatedBytesForCurrentThread();
        using TimelineCheckpoint checkpoint = _feed.Freeze(1, MiB);
        long afterFreeze = GC.GetAllocatedBytesForCurrentThread();
        using PieceWriter blob = Handoff.Write(checkpoint, inStream: null, [], 64 * MiB, out long length)!;
        long afterWrite = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(length, blob.Length);
        // The chunks waste less than a tenth at their ends; the journal's tail is 1 MiB.
        Assert.InRange(afterFreeze - before, 0, (long)(state * 1.1) + (2 * MiB));
        Assert.InRange(afterWrite - afterFreeze, 0, blob.Length + MiB);
        Assert.All(blob.Seal(), piece => Assert.InRange(piece.Length, 1, MiB - 1));
        Assert.Equal(0, checkpoint.State.HeldBytes);
    }

    [Fact]
    public void Reading_allocates_the_entities_and_no_copy_of_their_text()
    {
        Fill(Tasks, 20_000);
        byte[] blob, text;
        using (TimelineCheckpoint checkpoint = _feed.Freeze(1, MiB)) blob = Handoff.Write(checkpoint, inStream: null, [], 64 * MiB, out _)!.ToBytes();
        using (TimelineCheckpoint checkpoint = _feed.Freeze(1, MiB)) text = Text(checkpoint);
        Handoff.Read([blob], _feed.State.CreateEmpty(), out _);

        long before = GC.GetAllocatedBytesForCurrentThread();
        var handoff = Handoff.Read([blob], _feed.State.CreateEmpty(), out string? error);
        long read = GC.GetAllocatedBytesForCurrentThread() - before;
        before = GC.GetAllocatedBytesForCurrentThread();
        _feed.State.CreateEmpty().Load(entities => EntityReader.Read(new MemoryStream(text), text.Length, entities));
        long entities = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Null(error);
        Assert.Equal((Tasks, _feed.State.Bytes), (handoff!.State.Total, handoff.State.Bytes));
        // The text is 39 MiB. The rest besides the entities is the part of the journal and the decompressor.
        Assert.InRange(read - entities, 0, 4 * MiB);
    }

    [Fact]
    public void Blob_has_the_layout_that_every_instance_of_this_version_reads()
    {
        Fill(50, 300);
        using TimelineCheckpoint checkpoint = _feed.Freeze(77, MiB);
        byte[] payloads = checkpoint.Journal.Payloads;
        string[] texts = [.. Enumerable.Range(0, checkpoint.State.Count).Select(i => Encoding.UTF8.GetString(checkpoint.State[i]))];
        byte[] blob = Handoff.Write(checkpoint, new RedisStreamId(5, 6), "publishers"u8.ToArray(), MiB, out _)!.ToBytes();

        Assert.True(blob.AsSpan().StartsWith("cecelia-handoff-4\n"u8) && blob.AsSpan().EndsWith("end\n"u8));
        using var reader = new BinaryReader(new ZLibStream(new MemoryStream(blob, 18, blob.Length - 22), CompressionMode.Decompress));
        Assert.Equal(77, reader.ReadInt64());
        Assert.True(reader.ReadBoolean());
        Assert.Equal(new RedisStreamId(5, 6), new RedisStreamId(reader.ReadUInt64(), reader.ReadUInt64()));
        Assert.Equal(checkpoint.Journal.Window, Enumerable.Range(0, MessageWindow.Length).Select(_ => reader.ReadUInt64()));
        Assert.Equal(checkpoint.Journal.Entries.Length, reader.ReadInt32());
        foreach (TailEntry entry in checkpoint.Journal.Entries)
            Assert.Equal(entry, new TailEntry(new StreamPosition(reader.ReadUInt64(), reader.ReadInt64()), (EntryKind)reader.ReadByte(), reader.ReadInt32()));
        Assert.Equal(payloads, reader.ReadBytes(reader.ReadInt32()));
        Assert.Equal("publishers"u8.ToArray(), reader.ReadBytes(reader.ReadInt32()));
        Assert.Equal($"[{string.Join(',', texts.Select(text => $$"""{"tasks":{{text}}}"""))}]", Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadInt32())));
        Assert.Equal(-1, reader.BaseStream.ReadByte());
    }

    [Fact]
    public void Blob_over_the_bound_is_not_created_and_its_size_is_reported()
    {
        Fill(200, 20_000, random: true);
        using TimelineCheckpoint checkpoint = _feed.Freeze(1, MiB);

        long before = GC.GetAllocatedBytesForCurrentThread();
        PieceWriter? blob = Handoff.Write(checkpoint, inStream: null, [], MiB, out long length);

        Assert.Null(blob);
        Assert.InRange(length, 2 * MiB, 5 * MiB);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * MiB);
    }

    private void Fill(int tasks, int bytes, bool random = false)
    {
        var source = new Random(5);
        for (int i = 0; i < tasks; i++)
        {
            string text = random
                ? Convert.ToBase64String(Enumerable.Range(0, bytes * 3 / 4).Select(_ => (byte)source.Next(256)).ToArray())
                : new string((char)('a' + (i % 26)), bytes);
            Assert.Equal(
                RefusalReason.None,
                _decoder.Decode(Encoding.UTF8.GetBytes($$$"""{"event":"task:progress","data":{"taskId":"t{{{i}}}","text":"{{{text}}}"}}"""), _event));
            _feed.Accept(_event);
        }
    }

    private static byte[] Text(TimelineCheckpoint checkpoint)
    {
        var text = new MemoryStream();
        checkpoint.State.MoveTo(text);
        return text.ToArray();
    }
}
