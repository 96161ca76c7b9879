using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Connections;

/// <summary>
/// Reads what a client sends (RFC 6455 §5): frames in any pieces in, whole messages and control frames out. Between messages it holds no memory
/// but its own fields. A mutable struct that lives inside its connection; for one thread at a time.
/// </summary>
/// <remarks>The framework's WebSocket would cost 1.5 KB for each idle connection and does not limit fragments; see DECISIONS.md.</remarks>
internal struct FrameReader(int maxMessageBytes, int maxFragments, bool deflate)
{
    private const int MaxControlPayload = 125;

    /// <summary>RSV1: the first frame of a compressed message (RFC 7692 §6).</summary>
    private const byte Compressed = 0x40;

    private Header _header;
    private int _headerLength;
    private bool _inPayload;
    private bool _final;
    private Opcode _opcode;
    private uint _mask;
    private long _payloadLength;
    private long _payloadRead;
    private bool _skipping;

    // A message in fragments, or one whose payload has not all arrived; null between messages.
    private byte[]? _message;
    private int _messageLength;
    private Opcode _messageOpcode;
    private bool _compressed;
    private int _fragments;

    // A control frame whose payload has not all arrived.
    private byte[]? _control;

    /// <summary>True inside a message: a fragment of it has been read, and not the last.</summary>
    public readonly bool IsInMessage => _messageOpcode != Opcode.Continuation;

    /// <summary>True inside a message or a frame, for which memory may be held.</summary>
    public readonly bool IsUnfinished => IsInMessage || _inPayload || _headerLength > 0;

    /// <summary>
    /// Consumes <paramref name="input"/> up to the end of the next message or control frame. False: all of it is consumed and more is needed.
    /// The payload of <paramref name="frame"/> is valid until the next call, and may lie in <paramref name="input"/>, which is unmasked in place.
    /// After a violation only <see cref="Skip"/> makes sense, and not even that after <see cref="CloseReason.ProtocolError"/>.
    /// </summary>
    public bool TryRead(ref Span<byte> input, out InboundFrame frame)
    {
        while (true)
        {
            if (!_inPayload)
            {
                if (!TryReadHeader(ref input, out CloseReason violation))
                {
                    frame = InboundFrame.Violation(violation);
                    return violation != CloseReason.None;
                }
            }

            int available = (int)Math.Min(input.Length, _payloadLength - _payloadRead);
            Span<byte> payload = input[..available];
            input = input[available..];
            Unmask(payload, _mask, (int)(_payloadRead % 4));
            _payloadRead += available;
            bool complete = _payloadRead == _payloadLength;
            if (complete) _inPayload = false;

            if ((_opcode & (Opcode)8) != 0)
            {
                if (TryTakeControl(payload, complete, out frame)) return true;
            }
            else if (!_skipping && TryTakeData(payload, complete, out frame))
            {
                return true;
            }

            frame = default;
            if (!complete) return false;
        }
    }

    /// <summary>From now on messages are passed over, whatever their size; control frames are still read, so that the peer's close frame is found.</summary>
    public void Skip() => _skipping = true;

    /// <summary>Gives back what the last frame was handed out in. Called before waiting for more input, so that an idle connection holds nothing.</summary>
    public void ReturnFrame()
    {
        if (_inPayload) return;
        if (_message is { } message && _messageOpcode == Opcode.Continuation)
        {
            ArrayPool<byte>.Shared.Return(message);
            _message = null;
        }

        if (_control is { } control)
        {
            ArrayPool<byte>.Shared.Return(control);
            _control = null;
        }
    }

    /// <summary>Gives rented memory back when the connection ends.</summary>
    public void Release()
    {
        if (_message is { } message) ArrayPool<byte>.Shared.Return(message);
        if (_control is { } control) ArrayPool<byte>.Shared.Return(control);
        _message = _control = null;
    }

    private bool TryTakeControl(Span<byte> payload, bool complete, out InboundFrame frame)
    {
        frame = default;
        if (complete && payload.Length == _payloadLength)
        {
            frame = new InboundFrame(_opcode, payload);
            return true;
        }

        _control ??= ArrayPool<byte>.Shared.Rent(MaxControlPayload);
        payload.CopyTo(_control.AsSpan((int)_payloadRead - payload.Length));
        if (!complete) return false;
        frame = new InboundFrame(_opcode, _control.AsSpan(0, (int)_payloadLength));
        return true;
    }

    private bool TryTakeData(Span<byte> payload, bool complete, out InboundFrame frame)
    {
        frame = default;
        if (complete && _final && _messageLength == 0 && payload.Length == _payloadLength)
        {
            // The usual case: one frame, all of it here.
            return Finish(payload, out frame);
        }

        if (_message is null || _messageLength + payload.Length > _message.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(256, _messageLength + payload.Length));
            if (_message is { } smaller)
            {
                smaller.AsSpan(0, _messageLength).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(smaller);
            }

            _message = larger;
        }

        payload.CopyTo(_message.AsSpan(_messageLength));
        _messageLength += payload.Length;
        return complete && _final && Finish(_message.AsSpan(0, _messageLength), out frame);
    }

    private bool Finish(Span<byte> message, out InboundFrame frame)
    {
        Opcode opcode = _messageOpcode;
        _messageOpcode = Opcode.Continuation;
        _messageLength = 0;
        _fragments = 0;
        // RFC 6455 §8.1: text that is not UTF-8 fails the connection. A compressed one is judged when it is inflated.
        bool invalid = opcode == Opcode.Text && !_compressed && !Utf8.IsValid(message);
        frame = invalid ? InboundFrame.Violation(CloseReason.InvalidUtf8) : new InboundFrame(opcode, message) { IsCompressed = _compressed };
        return true;
    }

    private bool TryReadHeader(ref Span<byte> input, out CloseReason violation)
    {
        violation = CloseReason.None;
        ReturnFrame();
        Span<byte> header = _header;
        while (_headerLength < 2 || _headerLength < HeaderBytes(header[1]))
        {
            if (input.IsEmpty) return false;
            header[_headerLength++] = input[0];
            input = input[1..];
            if (_headerLength == 2 && (violation = _skipping ? CheckSkipped(header[0], header[1]) : CheckStart(header[0], header[1])) != CloseReason.None) return false;
        }

        _headerLength = 0;
        ulong length = (header[1] & 0x7F) switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(header[2..]),
            127 => BinaryPrimitives.ReadUInt64BigEndian(header[2..]),
            int small => (ulong)small,
        };
        _final = (header[0] & 0x80) != 0;
        _opcode = (Opcode)(header[0] & 0x0F);
        _mask = MemoryMarshal.Read<uint>(header[(HeaderBytes(header[1]) - 4)..]);
        _payloadLength = (long)Math.Min(length, long.MaxValue);
        _payloadRead = 0;
        _inPayload = true;
        if (_skipping || (_opcode & (Opcode)8) != 0) return true;

        // Judged by what is declared, before a byte of it is read or a buffer made.
        if (_payloadLength > maxMessageBytes - _messageLength) violation = CloseReason.MessageTooLarge;
        else if (++_fragments > maxFragments) violation = CloseReason.TooManyFragments;
        if (_opcode != Opcode.Continuation)
        {
            _messageOpcode = _opcode;
            _compressed = (header[0] & Compressed) != 0;
        }

        return violation == CloseReason.None;
    }

    /// <summary>What the first two bytes alone can break (RFC 6455 §5.1, §5.2, §5.4, §5.5).</summary>
    private readonly CloseReason CheckStart(byte first, byte second)
    {
        bool final = (first & 0x80) != 0;
        bool masked = (second & 0x80) != 0;
        var opcode = (Opcode)(first & 0x0F);
        bool known = opcode is Opcode.Continuation or Opcode.Text or Opcode.Binary or Opcode.Close or Opcode.Ping or Opcode.Pong;
        bool inMessage = _messageOpcode != Opcode.Continuation;
        // The top bit of a 64-bit length is not looked at: such a length is too large anyway.
        int reserved = first & 0x70;
        bool mayBeCompressed = deflate && opcode is (Opcode.Text or Opcode.Binary);
        if ((reserved != 0 && !(reserved == Compressed && mayBeCompressed)) || !known || !masked) return CloseReason.ProtocolError;
        if ((opcode & (Opcode)8) != 0) return final && (second & 0x7F) <= MaxControlPayload ? CloseReason.None : CloseReason.ProtocolError;
        return (opcode == Opcode.Continuation) == inMessage ? CloseReason.None : CloseReason.ProtocolError;
    }

    /// <summary>The limit of a control frame, which applies after <see cref="Skip"/> too: the payload is copied to a buffer of that size.</summary>
    private static CloseReason CheckSkipped(byte first, byte second)
    {
        bool isControl = (first & 0x08) != 0;
        return isControl && (second & 0x7F) > MaxControlPayload ? CloseReason.ProtocolError : CloseReason.None;
    }

    private static int HeaderBytes(byte second) => 2 + 4 + ((second & 0x7F) switch
    {
        126 => 2,
        127 => 8,
        _ => 0,
    });

    /// <summary>RFC 6455 §5.3. <paramref name="offset"/>: how much of the payload came before.</summary>
    private static void Unmask(Span<byte> payload, uint mask, int offset)
    {
        // The mask as read is in memory order; turn it so that its first byte belongs to the first byte here.
        mask = BitConverter.IsLittleEndian ? BitOperations.RotateRight(mask, offset % 4 * 8) : BitOperations.RotateLeft(mask, offset % 4 * 8);
        Span<uint> words = MemoryMarshal.Cast<byte, uint>(payload);
        for (int i = 0; i < words.Length; i++) words[i] ^= mask;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<uint>(ref mask));
        for (int i = words.Length * 4; i < payload.Length; i++) payload[i] ^= bytes[i % 4];
    }

    [InlineArray(14)]
    private struct Header
    {
        private byte _first;
    }
}

/// <summary>A whole message, a control frame, or the rule that the client broke.</summary>
internal readonly ref struct InboundFrame(Opcode opcode, ReadOnlySpan<byte> payload)
{
    public Opcode Opcode { get; } = opcode;

    public ReadOnlySpan<byte> Payload { get; } = payload;

    /// <summary>The payload is as permessage-deflate made it.</summary>
    public bool IsCompressed { get; init; }

    /// <summary>Other than <see cref="CloseReason.None"/>: the client broke a rule, and there is no payload.</summary>
    public CloseReason Broken { get; private init; }

    public static InboundFrame Violation(CloseReason reason) => new(Opcode.Close, []) { Broken = reason };
}
