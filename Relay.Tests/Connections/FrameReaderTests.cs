using System.Text;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using CsCheck;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>RFC 6455 §5, with reads of any size.</summary>
public sealed class FrameReaderTests
{
    private const int MaxMessageBytes = 2000;
    private const int MaxFragments = 20;

    public static TheoryData<int> Seeds => TestLength.Seeds(40);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Messages_are_the_same_for_reads_of_any_size(int seed)
    {
        var random = new Random(seed);
        var sent = new List<(Opcode Opcode, byte[] Payload)>();
        var bytes = new List<byte>();
        for (int i = 0; i < 60; i++) WriteMessage(random, sent, bytes);

        Assert.Equal(Describe(sent), Describe(ReadInPieces([.. bytes], () => random.Next(1, random.Next(2) == 0 ? 4 : 700))));
        Assert.Equal(Describe(sent), Describe(ReadInPieces([.. bytes], () => 1)));
        Assert.Equal(Describe(sent), Describe(ReadInPieces([.. bytes], () => int.MaxValue)));
    }

    [Fact]
    public void Random_input_never_yields_an_oversized_frame()
    {
        // Half of the inputs begin like a frame, so that more than the first check is reached.
        Gen<byte[]> noise = Gen.Byte.Array[1, 3000];
        Gen<byte[]> likeAFrame = Gen.Select(noise, Gen.Byte[0x80, 0x8F], Gen.Byte[0x80, 0xFF], (bytes, first, last) =>
        {
            (bytes[0], bytes[^1]) = (first, last);
            return bytes;
        });
        Gen.OneOf(noise, likeAFrame).Sample(
            bytes =>
            {
                var reader = new FrameReader(MaxMessageBytes, MaxFragments, deflate: false);
                // A copy: the reader unmasks in place.
                Span<byte> input = [.. bytes];
                while (reader.TryRead(ref input, out InboundFrame frame))
                {
                    Assert.InRange(frame.Payload.Length, 0, MaxMessageBytes);
                    if (frame.Broken != CloseReason.None) break;
                }

                reader.Release();
            },
            iter: TestLength.Times(8000));
    }

    [Fact]
    public void Skipping_reader_finds_the_close_frame_after_an_oversized_message()
    {
        byte[] bytes =
        [
            .. new WireFrame(Opcode.Text, new byte[MaxMessageBytes + 1]).ToBytes(),
            .. new WireFrame(Opcode.Text, new byte[50]) { Final = false }.ToBytes(),
            .. new WireFrame(Opcode.Ping, [1]).ToBytes(),
            .. new WireFrame(Opcode.Continuation, new byte[5000]).ToBytes(),
            .. WireFrame.OfClose(1009).ToBytes(),
        ];
        var reader = new FrameReader(MaxMessageBytes, MaxFragments, deflate: false);
        Span<byte> input = bytes;

        Assert.True(reader.TryRead(ref input, out InboundFrame broken));
        Assert.Equal(CloseReason.MessageTooLarge, broken.Broken);
        reader.Skip();
        Assert.True(reader.TryRead(ref input, out InboundFrame ping));
        Assert.Equal(Opcode.Ping, ping.Opcode);
        Assert.True(reader.TryRead(ref input, out InboundFrame close));

        Assert.Equal(Opcode.Close, close.Opcode);
        Assert.Equal([0x03, 0xF1], close.Payload.ToArray());
        Assert.True(input.IsEmpty);
        reader.Release();
    }

    private static void WriteMessage(Random random, List<(Opcode Opcode, byte[] Payload)> sent, List<byte> bytes)
    {
        byte[] message = Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Range(0, random.Next(0, random.Next(3) == 0 ? 600 : 20)).Select(_ => "aé任😀"[..1] + (random.Next(4) == 0 ? "任é" : "x"))));
        Opcode opcode = random.Next(4) == 0 ? Opcode.Binary : Opcode.Text;
        if (opcode == Opcode.Binary) random.NextBytes(message);
        int fragments = random.Next(1, 6);
        for (int i = 0, from = 0; i < fragments; i++)
        {
            int to = i == fragments - 1 ? message.Length : random.Next(from, message.Length + 1);
            bytes.AddRange(new WireFrame(i == 0 ? opcode : Opcode.Continuation, message[from..to]) { Final = i == fragments - 1 }.ToBytes());
            from = to;
            // Between fragments, and after the message.
            if (i < fragments - 1 && random.Next(3) == 0) WriteControl(random, sent, bytes);
        }

        sent.Add((opcode, message));
        if (random.Next(3) == 0) WriteControl(random, sent, bytes);
    }

    private static void WriteControl(Random random, List<(Opcode Opcode, byte[] Payload)> sent, List<byte> bytes)
    {
        byte[] payload = new byte[random.Next(0, 126)];
        random.NextBytes(payload);
        var frame = new WireFrame(random.Next(2) == 0 ? Opcode.Ping : Opcode.Pong, payload);
        bytes.AddRange(frame.ToBytes());
        sent.Add((frame.Opcode, payload));
    }

    private static List<(Opcode Opcode, byte[] Payload)> ReadInPieces(byte[] bytes, Func<int> pieceLength)
    {
        var read = new List<(Opcode Opcode, byte[] Payload)>();
        var reader = new FrameReader(MaxMessageBytes, MaxFragments, deflate: false);
        for (int at = 0; at < bytes.Length;)
        {
            // A copy: the reader unmasks in place.
            byte[] piece = bytes[at..(int)Math.Min(bytes.Length, (long)at + pieceLength())];
            at += piece.Length;
            Span<byte> input = piece;
            while (reader.TryRead(ref input, out InboundFrame frame))
            {
                Assert.Equal(CloseReason.None, frame.Broken);
                read.Add((frame.Opcode, frame.Payload.ToArray()));
            }

            Assert.True(input.IsEmpty);
            reader.ReturnFrame();
        }

        reader.Release();
        return read;
    }

    private static IEnumerable<string> Describe(IEnumerable<(Opcode Opcode, byte[] Payload)> messages) =>
        messages.Select(one => $"{one.Opcode} {Convert.ToHexString(one.Payload)}");
}
