using System.Buffers;
using System.IO.Compression;
using System.Text;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>PROTOCOL.md, <i>Compression</i>; RFC 7692.</summary>
public sealed class DeflateTests
{
    [Theory]
    [InlineData("permessage-deflate", true)]
    [InlineData("permessage-deflate; client_max_window_bits", true)]
    [InlineData("permessage-deflate; client_max_window_bits=10; server_no_context_takeover", true)]
    [InlineData("permessage-deflate; server_max_window_bits=15", true)]
    [InlineData("permessage-deflate; server_max_window_bits=10", false)]
    [InlineData("permessage-deflate; server_max_window_bits=10, permessage-deflate", true)]
    [InlineData("permessage-deflate; server_max_window_bits", false)]
    [InlineData("permessage-deflate; client_max_window_bits=16", false)]
    [InlineData("permessage-deflate; client_max_window_bits=08", false)]
    [InlineData("permessage-deflate; server_no_context_takeover=1", false)]
    [InlineData("permessage-deflate; client_no_context_takeover; client_no_context_takeover", false)]
    [InlineData("permessage-deflate; unknown", false)]
    [InlineData("x-webkit-deflate-frame", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void CanGrant_accepts_the_supported_offers_of_RFC_7692(string? header, bool expected) => Assert.Equal(expected, DeflateExtension.CanGrant(header));

    [Fact]
    public void Frame_over_the_threshold_is_compressed_and_inflates_independently()
    {
        using var writer = new FrameWriter(compressionMinBytes: 100);
        foreach (int size in (int[])[100, 101, 5000, 200_000])
        {
            byte[] message = Encoding.UTF8.GetBytes(new string('a', size - 10) + "0123456789");
            message.CopyTo(writer.Begin(message.Length));
            writer.End(message.Length);
            byte[] plain = writer.Frame(FrameEncoding.Plain).ToArray();
            byte[] deflated = writer.Frame(FrameEncoding.Deflate).ToArray();

            Assert.Equal(0x81, plain[0]);
            Assert.Equal(message, Payload(plain));
            Assert.Equal(0xC1, deflated[0]);
            Assert.True(deflated.Length < plain.Length);
            // A fresh inflater for each message: no context is carried over from the previous one.
            Assert.Equal(CloseReason.None, Inflate.TryMessage(Payload(deflated), size, out byte[] inflated, out int length));
            Assert.Equal(message, inflated[..length]);
        }
    }

    [Fact]
    public void Frame_under_the_threshold_is_not_compressed()
    {
        using var writer = new FrameWriter(compressionMinBytes: 100);
        "{}"u8.CopyTo(writer.Begin(2));
        writer.End(2);
        Assert.Equal(new byte[] { 0x81, 2, (byte)'{', (byte)'}' }, writer.Frame(FrameEncoding.Deflate).ToArray());
    }

    [Fact]
    public void Frame_when_warm_does_not_allocate()
    {
        using var writer = new FrameWriter(compressionMinBytes: 0);
        byte[] message = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 300)));
        for (int i = 0; i < 50; i++) Write();
        Allocations.AssertNone(() =>
        {
            for (int i = 0; i < 1000; i++) Write();
        });

        void Write()
        {
            message.CopyTo(writer.Begin(message.Length));
            writer.End(message.Length);
            writer.Frame(FrameEncoding.Deflate);
        }
    }

    [Fact]
    public void TryMessage_decompression_bomb_stops_at_the_limit()
    {
        byte[] bomb = Compress(new byte[64 * 1024 * 1024]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        CloseReason reason = Inflate.TryMessage(bomb, 64 * 1024, out byte[] message, out _);
        ArrayPool<byte>.Shared.Return(message);
        Assert.Equal(CloseReason.MessageTooLarge, reason);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * 1024 * 1024);
    }

    [Fact]
    public void TryMessage_invalid_deflate_stream_is_refused()
    {
        Assert.Equal(CloseReason.BadCompression, Inflate.TryMessage([0xFF, 0xFF, 0xFF, 0xFF], 1000, out byte[] message, out _));
        ArrayPool<byte>.Shared.Return(message);
    }

    private static byte[] Payload(byte[] frame) => frame[((frame[1] & 0x7F) switch { 126 => 4, 127 => 10, _ => 2 })..];

    private static byte[] Compress(byte[] message)
    {
        using var compressed = new MemoryStream();
        using (var deflate = new DeflateStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(message);
            deflate.Flush();
        }

        // Up to the end of the flushed block, which the sender omits (RFC 7692 §7.2.1).
        byte[] bytes = compressed.ToArray();
        int end = bytes.AsSpan().LastIndexOf(new byte[] { 0x00, 0x00, 0xFF, 0xFF });
        return end < 0 ? bytes : bytes[..end];
    }
}
