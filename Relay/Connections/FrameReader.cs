using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Connections;

/// <summary>
/// Reads a client's frames (RFC 6455 §5) from pieces of any size and returns whole messages and control frames. Between messages it holds no memory except
/// its own fields. A mutable struct that is a field of its connection; for one thread at a time.
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

    // A fragmented message, or one whose payload is incomplete; null between messages.
    private byte[]? _message;
    private int _messageLength;
    private Opcode _messageOpcode;
    private bool _compressed;
    private int _fragments;

    // A control frame whose payload is incomplete.
    private byte[]? _control;

    /// <summary>True after a fragment of a message that is not its last.</summary>
    public readonly bool IsInMessage => _messageOpcode != Opcode.Continuation;

    /// <summary>True inside a message or a frame, for which memory may be held.</summary>
    public readonly bool IsUnfinished => IsInMessage || _inPayload || _headerLength > 0;

    /// <summary>
    /// Consumes <paramref name="input"/> up to the end of the next message or control frame. Returns false if all of it is consumed and more is needed.
    /// The payload of <paramref name="frame"/> is valid until the next call and may be part of <paramref name="input"/>, which is unmasked in place.
    /// After a violation, only <see cref="Skip"/> may be called, and after <see cref="CloseReason.ProtocolError"/> nothing.
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

    /// <summary>Skips all further messages, regardless of size. Control frames are still read, so that the peer's close frame is found.</summary>
    public void Skip() => _skipping = true;

    /// <summary>Returns the buffer of the last frame to the pool. Called before waiting for more input, so that an idle connection holds no buffer.</summary>
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

    /// <summary>Returns all buffers to the pool when the connection ends.</summary>
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
            // The usual case: a single frame that is complete in the input.
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
        // RFC 6455 §8.1: text that is not UTF-8 fails the connection. A compressed message is validated when it is inflated.
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
            if (_headerLength == 2 && (violation = _skipping ? CheckSkipped(header[0], header[1]) : CheckStart(header[0], header[1])) != CloseReason.None)
            {
                return false;
            }
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

        // Check the declared length before any of the payload is read or buffered.
        if (_payloadLength > maxMessageBytes - _messageLength) violation = CloseReason.MessageTooLarge;
        else if (++_fragments > maxFragments) violation = CloseReason.TooManyFragments;
        if (_opcode != Opcode.Continuation)
        {
            _messageOpcode = _opcode;
            _compressed = (header[0] & Compressed) != 0;
        }

        return violation == CloseReason.None;
    }

    /// <summary>Checks the rules that apply to the first two bytes of a frame (RFC 6455 §5.1, §5.2, §5.4, §5.5).</summary>
    private readonly CloseReason CheckStart(byte first, byte second)
    {
        bool final = (first & 0x80) != 0;
        bool masked = (second & 0x80) != 0;
        var opcode = (Opcode)(first & 0x0F);
        bool known = opcode is Opcode.Continuation or Opcode.Text or Opcode.Binary or Opcode.Close or Opcode.Ping or Opcode.Pong;
        bool inMessage = _messageOpcode != Opcode.Continuation;
        // The top bit of a 64-bit length is not checked: such a length is too large in any case.
        int reserved = first & 0x70;
        bool mayBeCompressed = deflate && opcode is (Opcode.Text or Opcode.Binary);
        if ((reserved != 0 && !(reserved == Compressed && mayBeCompressed)) || !known || !masked) return CloseReason.ProtocolError;
        if ((opcode & (Opcode)8) != 0) return final && (second & 0x7F) <= MaxControlPayload ? CloseReason.None : CloseReason.ProtocolError;
        return (opcode == Opcode.Continuation) == inMessage ? CloseReason.None : CloseReason.ProtocolError;
    }

    /// <summary>Checks the length of a control frame, which is limited after <see cref="Skip"/> too: the payload is copied to a buffer of that size.</summary>
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

    /// <summary>Unmasks a part of a payload (RFC 6455 §5.3) that starts at <paramref name="offset"/>.</summary>
    private static void Unmask(Span<byte> payload, uint mask, int offset)
    {
        // The mask is in memory order; rotate it so that its first byte applies to the first byte of this part.
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

/// <summary>A whole message, a control frame, or a violation of the protocol.</summary>
internal readonly ref struct InboundFrame(Opcode opcode, ReadOnlySpan<byte> payload)
{
    public Opcode Opcode { get; } = opcode;

    public ReadOnlySpan<byte> Payload { get; } = payload;

    /// <summary>True if the payload is compressed with permessage-deflate.</summary>
    public bool IsCompressed { get; init; }

    /// <summary>The violation, in which case there is no payload; otherwise <see cref="CloseReason.None"/>.</summary>
    public CloseReason Broken { get; private init; }

    public static InboundFrame Violation(CloseReason reason) => new(Opcode.Close, []) { Broken = reason };
}
