using System.Text;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Tests.Fanout;

/// <summary>RFC 6455 §5.2 and §5.5.</summary>
public sealed class FramesTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(125, 2)]
    [InlineData(126, 4)]
    [InlineData(65_535, 4)]
    [InlineData(65_536, 10)]
    [InlineData(1_000_000, 10)]
    public void Text_frame_has_the_shortest_header_and_the_payload(int length, int header)
    {
        byte[] payload = [.. Enumerable.Range(0, length).Select(i => (byte)i)];

        byte[] frame = Frames.Text(payload);

        Assert.Equal(header, Frames.HeaderBytes(length));
        Assert.Equal(header + length, frame.Length);
        WireFrame parsed = WireFrame.ParseAll(frame).Single();
        Assert.Equal(Opcode.Text, parsed.Opcode);
        Assert.Equal(payload, parsed.Payload);
    }

    [Fact]
    public void Close_frame_has_code_and_reason()
    {
        WireFrame close = WireFrame.ParseAll(Frames.Close(1008, "too much")).Single();

        Assert.Equal(Opcode.Close, close.Opcode);
        Assert.Equal(1008, close.CloseCode);
        Assert.Equal("too much", Encoding.UTF8.GetString(close.Payload.AsSpan(2)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Close_frame_truncates_a_long_reason_between_characters(int before)
    {
        string reason = new string('x', before) + string.Concat(Enumerable.Repeat("任", 100));

        WireFrame close = WireFrame.ParseAll(Frames.Close(1001, reason)).Single();

        Assert.InRange(close.Payload.Length, 120, 125);
        string truncated = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(close.Payload.AsSpan(2));
        Assert.StartsWith(truncated, reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Ping_close_and_pong_are_control_frames()
    {
        Assert.Equal([0x89, 0x00], Frames.Ping);
        Assert.Equal([0x88, 0x00], Frames.CloseWithoutCode());
        Assert.Equal([0x8A, 0x02, 0x01, 0x02], Frames.Pong([1, 2]));
    }
}
