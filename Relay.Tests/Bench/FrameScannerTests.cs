using System.Buffers.Binary;
using System.Text;
using Cecelia.Relay.Bench.Load;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Tests.Bench;

public class FrameScannerTests
{
    // Every header length, empty frames, a fragmented message with a ping inside, and a close.
    private static readonly byte[] Stream =
    [
        .. Frame(Opcode.Text, "one"),
        .. Frame(Opcode.Text, ""),
        .. Frame(Opcode.Ping, "p"),
        .. Frame(Opcode.Text, new string('a', 125)),
        .. Frame(Opcode.Binary, new string('b', 126)),
        .. Frame(Opcode.Text, "be", final: false),
        .. Frame(Opcode.Ping, ""),
        .. Frame(Opcode.Continuation, "", final: false),
        .. Frame(Opcode.Continuation, "gin", final: false),
        .. Frame(Opcode.Pong, "q"),
        .. Frame(Opcode.Continuation, ""),
        .. LongFrame("eight bytes of length"),
        .. Frame(Opcode.Close, "\u0003bye"),
    ];

    private static readonly string[] Expected =
    [
        "Message one", "Message ", "Ping p", "Message " + new string('a', 125), "Message " + new string('b', 126), "Ping ", "Pong q", "Message begin",
        "Message eight bytes of length", "Close \u0003bye",
    ];

    [Fact]
    public void Frames_in_one_read_are_found() => Assert.Equal(Expected, Scan([Stream]));

    [Fact]
    public void Frames_split_at_any_byte_are_found()
    {
        for (int split = 0; split <= Stream.Length; split++) Assert.Equal(Expected, Scan([Stream[..split], Stream[split..]]));
    }

    [Fact]
    public void Frames_read_byte_by_byte_are_found() => Assert.Equal(Expected, Scan(Stream.Select(b => new[] { b })));

    [Fact]
    public void Large_message_in_chunks_is_found()
    {
        byte[] stream = Frame(Opcode.Text, new string('x', 200_000));

        Assert.Equal(["Message " + new string('x', 200_000)], Scan(stream.Chunk(4096)));
    }

    [Theory]
    [InlineData(new byte[] { 0xC1, 0x00 }, "reserved bits")]
    [InlineData(new byte[] { 0x81, 0x80 }, "masked")]
    [InlineData(new byte[] { 0x83, 0x00 }, "opcode 3")]
    [InlineData(new byte[] { 0x09, 0x00 }, "control frame")]
    [InlineData(new byte[] { 0x89, 0x7E, 0x00, 0x7E }, "control frame")]
    [InlineData(new byte[] { 0x80, 0x00 }, "continuation without a message")]
    [InlineData(new byte[] { 0x01, 0x00, 0x81, 0x00 }, "within another")]
    [InlineData(new byte[] { 0x81, 0x7F, 0x80, 0, 0, 0, 0, 0, 0, 0 }, "64 MiB")]
    public void Frame_that_a_server_must_not_send_is_broken(byte[] stream, string fault)
    {
        var scanner = new FrameScanner();
        ReadOnlySpan<byte> input = stream;

        Assert.Equal(Scanned.Broken, scanner.Read(ref input, out _));
        Assert.Contains(fault, scanner.Fault, StringComparison.Ordinal);
        Assert.Equal(Scanned.Broken, scanner.Read(ref input, out _));
    }

    private static List<string> Scan(IEnumerable<byte[]> pieces)
    {
        var scanner = new FrameScanner();
        var found = new List<string>();
        foreach (byte[] piece in pieces)
        {
            ReadOnlySpan<byte> input = piece;
            while (scanner.Read(ref input, out ReadOnlySpan<byte> payload) is var scanned and not Scanned.Nothing)
            {
                found.Add($"{scanned} {Encoding.UTF8.GetString(payload)}");
            }

            Assert.Equal(0, input.Length);
        }

        return found;
    }

    private static byte[] Frame(Opcode opcode, string payload, bool final = true)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(payload);
        byte[] frame = new byte[Frames.HeaderBytes(bytes.Length) + bytes.Length];
        int header = Frames.WriteHeader(frame, opcode, bytes.Length);
        if (!final) frame[0] &= 0x7F;
        bytes.CopyTo(frame, header);
        return frame;
    }

    /// <summary>Returns a frame with more length bytes than needed, which a receiver must accept.</summary>
    private static byte[] LongFrame(string payload)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(payload);
        byte[] frame = [0x81, 127, 0, 0, 0, 0, 0, 0, 0, 0, .. bytes];
        BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), (ulong)bytes.Length);
        return frame;
    }
}
