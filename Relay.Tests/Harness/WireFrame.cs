using System.Buffers.Binary;
using System.Text;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>One WebSocket frame on the wire (RFC 6455 §5.2), written by the tests themselves so that it may be invalid.</summary>
internal sealed record WireFrame(Opcode Opcode, byte[] Payload)
{
    public bool Final { get; init; } = true;

    /// <summary>Servers never mask, clients always do.</summary>
    public bool Masked { get; init; } = true;

    /// <summary>RSV1 to RSV3, at their bits of the first byte.</summary>
    public byte Reserved { get; init; }

    /// <summary>The length in the header if it differs from the actual length.</summary>
    public long? DeclaredLength { get; init; }

    public string Text => Encoding.UTF8.GetString(Payload);

    /// <summary>The code of a close frame; 1005 when it has none.</summary>
    public int CloseCode => Payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(Payload) : 1005;

    public static WireFrame OfText(string text) => new(Opcode.Text, Encoding.UTF8.GetBytes(text));

    public static WireFrame OfClose(int code, string reason = "")
    {
        byte[] payload = new byte[2 + Encoding.UTF8.GetByteCount(reason)];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        Encoding.UTF8.GetBytes(reason, payload.AsSpan(2));
        return new WireFrame(Opcode.Close, payload);
    }

    /// <summary>Returns the header and the payload, masked with a key that depends on the payload so that no byte of it is zero.</summary>
    public byte[] ToBytes()
    {
        var bytes = new List<byte> { (byte)((Final ? 0x80 : 0) | Reserved | (byte)Opcode) };
        long length = DeclaredLength ?? Payload.Length;
        byte mask = (byte)(Masked ? 0x80 : 0);
        Span<byte> extended = stackalloc byte[8];
        switch (length)
        {
            case < 126:
                bytes.Add((byte)(mask | length));
                break;
            case <= ushort.MaxValue:
                bytes.Add((byte)(mask | 126));
                BinaryPrimitives.WriteUInt16BigEndian(extended, (ushort)length);
                bytes.AddRange(extended[..2]);
                break;
            default:
                bytes.Add((byte)(mask | 127));
                BinaryPrimitives.WriteInt64BigEndian(extended, length);
                bytes.AddRange(extended);
                break;
        }

        if (!Masked)
        {
            bytes.AddRange(Payload);
            return [.. bytes];
        }

        byte[] key = [(byte)(0x11 + Payload.Length), 0xA5, 0x3C, (byte)(0x77 ^ Payload.Length)];
        bytes.AddRange(key);
        for (int i = 0; i < Payload.Length; i++) bytes.Add((byte)(Payload[i] ^ key[i % 4]));
        return [.. bytes];
    }

    /// <summary>
    /// Parses a server frame at the start of <paramref name="bytes"/>; false if it is incomplete. Fails on a frame that a server must not send.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out WireFrame? frame, out int length)
    {
        frame = null;
        length = 0;
        if (bytes.Length < 2) return false;
        Assert.Equal(0x80, bytes[0] & 0xF0);
        Assert.Equal(0, bytes[1] & 0x80);
        int header = (bytes[1] & 0x7F) switch
        {
            126 => 4,
            127 => 10,
            _ => 2,
        };
        if (bytes.Length < header) return false;
        long payload = header switch
        {
            2 => bytes[1],
            4 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            _ => BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
        };
        Assert.True(header == 2 || payload >= (header == 4 ? 126 : 65536), "the length is not in its shortest form");
        var opcode = (Opcode)(bytes[0] & 0x0F);
        Assert.True(opcode is Opcode.Text or Opcode.Close or Opcode.Ping or Opcode.Pong, $"a server frame with opcode {opcode}");
        Assert.True(opcode == Opcode.Text || payload <= 125, "the control frame is too long");
        if (bytes.Length < header + payload) return false;
        frame = new WireFrame(opcode, bytes.Slice(header, (int)payload).ToArray()) { Masked = false };
        length = header + (int)payload;
        return true;
    }

    /// <summary>Parses all frames of a stream. Fails if it ends inside one.</summary>
    public static List<WireFrame> ParseAll(ReadOnlySpan<byte> bytes)
    {
        var frames = new List<WireFrame>();
        while (bytes.Length > 0)
        {
            Assert.True(TryParse(bytes, out WireFrame? frame, out int length), "the stream ends inside a frame");
            frames.Add(frame!);
            bytes = bytes[length..];
        }

        return frames;
    }
}
