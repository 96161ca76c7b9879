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

/// <summary>A handoff is stored in a Redis that others can write to: an incomplete or invalid one is refused without allocating much.</summary>
[Collection(SerialTests.Name)]
public sealed class HandoffBlobTests
{
    private const int MaxAllocated = 8 * 1024 * 1024;
    private readonly byte[] _blob = Make();

    [Fact]
    public void Complete_blob_is_read_as_written()
    {
        var handoff = Handoff.Read([_blob], new StateTable(new StateOptions()), out string? error);
        Assert.Null(error);
        Assert.NotNull(handoff);
        Assert.Equal(12345, handoff.AtMs);
        Assert.Equal(new RedisStreamId(1000, 7), handoff.InStream);
        Assert.Equal("publishers"u8, handoff.Publishers);
        Assert.Equal(MessageWindow.Length, handoff.Journal.Window.Length);
        Assert.Equal(21, handoff.Journal.Entries.Length);
        Assert.Equal(handoff.Journal.Payloads.Length, handoff.Journal.Entries.Sum(entry => entry.Length));
    }

    [Fact]
    public void Blob_truncated_at_any_byte_is_refused()
    {
        for (int length = 0; length < _blob.Length; length++) AssertRefused(_blob[..length], $"truncated at {length} of {_blob.Length}");
    }

    [Fact]
    public void Blob_with_any_byte_changed_does_not_throw_and_allocates_little()
    {
        var random = new Random(11);
        for (int at = 0; at < _blob.Length; at++)
        {
            byte[] wrong = [.. _blob];
            wrong[at] ^= (byte)random.Next(1, 256);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Handoff.Read([wrong], new StateTable(new StateOptions()), out _);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocated);
        }
    }

    [Fact]
    public void False_lengths_and_counts_allocate_little()
    {
        // Preceded by the time, the position in the stream, and the window.
        byte[] window = new byte[8 + 17 + (8 * MessageWindow.Length)];
        AssertRefused(Compressed([.. window, .. BitConverter.GetBytes(int.MaxValue)]), "an excessive count");
        AssertRefused(Compressed([.. window, .. BitConverter.GetBytes(-1)]), "a negative count");
        AssertRefused(Compressed([.. window, .. BitConverter.GetBytes(1 << 24)]), "a count that is allowed, and no entries");
        AssertRefused(Compressed([.. window, .. BitConverter.GetBytes(0), .. BitConverter.GetBytes(1 << 30)]), "a length that is allowed, and no bytes");
        AssertRefused(Compressed([.. window, .. BitConverter.GetBytes(0), .. BitConverter.GetBytes(int.MaxValue)]), "an excessive length");
    }

    private static void AssertRefused(byte[] blob, string why)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var handoff = Handoff.Read([blob], new StateTable(new StateOptions()), out string? error);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(handoff is null && error is { Length: > 0 }, why);
        Assert.True(allocated < MaxAllocated, $"{why}: {allocated} bytes");
    }

    private static byte[] Compressed(byte[] content)
    {
        var blob = new MemoryStream();
        blob.Write("cecelia-handoff-4\n"u8);
        using (var zlib = new ZLibStream(blob, CompressionLevel.Fastest, leaveOpen: true)) zlib.Write(content);
        blob.Write("end\n"u8);
        return blob.ToArray();
    }

    private static byte[] Make()
    {
        var options = new FanoutOptions { PumpThreads = 1 };
        using var pumps = new PumpSet(options, _ => { }, NullLogger<Pump>.Instance);
        using var timeline = new TestTimeline(options, pumps);
        Feed feed = timeline.Feed;
        var decoder = new EventDecoder(new EventLimits());
        var e = new DecodedEvent();
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(
                RefusalReason.None, decoder.Decode(Encoding.UTF8.GetBytes($$$"""{"event":"task:progress","data":{"taskId":"t{{{i}}}","n":{{{i}}}}}"""), e));
            feed.Accept(e);
        }

        using TimelineCheckpoint frozen = feed.Freeze(12345, 1024 * 1024);
        return Handoff.Write(frozen, new RedisStreamId(1000, 7), "publishers"u8.ToArray(), MaxAllocated, out _)!.ToBytes();
    }
}
