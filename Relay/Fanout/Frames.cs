using System.Buffers.Binary;
using System.Text.Unicode;

namespace Cecelia.Relay.Fanout;

/// <summary>Server-side WebSocket frames (RFC 6455 §5.2): final, never masked, so that the same bytes serve every client.</summary>
internal static class Frames
{
    /// <summary>The longest header of an unmasked frame.</summary>
    public const int MaxHeaderBytes = 10;

    private const byte Final = 0x80;
    private const int MaxControlPayload = 125;

    /// <summary>A ping without payload; shared, never written to.</summary>
    public static byte[] Ping { get; } = [Final | (byte)Opcode.Ping, 0];

    /// <summary>The payload of <see cref="LastPing"/>.</summary>
    public static ReadOnlySpan<byte> LastPingPayload => "last"u8;

    /// <summary>A ping sent behind everything else: its pong shows that the peer has received everything before it. Shared, never written to.</summary>
    public static byte[] LastPing { get; } = Make(Opcode.Ping, LastPingPayload);

    /// <summary>Returns the header length for a payload of <paramref name="payloadLength"/> bytes.</summary>
    public static int HeaderBytes(int payloadLength) => payloadLength < 126 ? 2 : payloadLength <= ushort.MaxValue ? 4 : 10;

    /// <summary>Writes the header of a final frame, and returns its length.</summary>
    public static int WriteHeader(Span<byte> destination, Opcode opcode, int payloadLength)
    {
        destination[0] = (byte)(Final | (byte)opcode);
        if (payloadLength < 126)
        {
            destination[1] = (byte)payloadLength;
            return 2;
        }

        if (payloadLength <= ushort.MaxValue)
        {
            destination[1] = 126;
            BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)payloadLength);
            return 4;
        }

        destination[1] = 127;
        BinaryPrimitives.WriteUInt64BigEndian(destination[2..], (ulong)payloadLength);
        return 10;
    }

    /// <summary>Returns a text frame.</summary>
    public static byte[] Text(ReadOnlySpan<byte> payload) => Make(Opcode.Text, payload);

    /// <summary>Returns a pong that echoes a ping's payload (RFC 6455 §5.5.3).</summary>
    public static byte[] Pong(ReadOnlySpan<byte> payload) => Make(Opcode.Pong, payload);

    /// <summary>Returns a close frame; the reason is truncated to what a control frame holds (RFC 6455 §5.5.1), on a character boundary.</summary>
    public static byte[] Close(int code, string reason)
    {
        Span<byte> payload = stackalloc byte[MaxControlPayload];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        Utf8.FromUtf16(reason, payload[2..], out _, out int written);
        return Make(Opcode.Close, payload[..(2 + written)]);
    }

    /// <summary>Returns the empty close frame that answers one without a code.</summary>
    public static byte[] CloseWithoutCode() => Make(Opcode.Close, []);

    private static byte[] Make(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[HeaderBytes(payload.Length) + payload.Length];
        int header = WriteHeader(frame, opcode, payload.Length);
        payload.CopyTo(frame.AsSpan(header));
        return frame;
    }
}

/// <summary>Opcodes of RFC 6455 §5.2.</summary>
internal enum Opcode : byte
{
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}
