using System.Buffers;
using System.Buffers.Binary;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// Reads the frames of a WebSocket server (RFC 6455 §5.2) from input that may be split anywhere. A frame that is complete in the input is not copied, and a
/// client that waits for the next frame does not hold a buffer. Not thread-safe.
/// </summary>
internal sealed class FrameScanner
{
    /// <summary>Maximum size of a message. A relay does not send larger ones, so a larger length means a corrupt stream.</summary>
    private const int MaxMessageBytes = 64 * 1024 * 1024;

    private const int MaxControlBytes = 125;

    private readonly byte[] _header = new byte[Frames.MaxHeaderBytes];
    private int _headerBytes;
    private bool _inPayload;
    private bool _inMessage;
    private long _remaining;

    private readonly PartialPayload _message = new();
    private readonly PartialPayload _control = new();

    /// <summary>The protocol error, after <see cref="Scanned.Broken"/>.</summary>
    public string Fault { get; private set; } = "";

    private bool IsFinal => (_header[0] & 0x80) != 0;

    private Opcode Opcode => (Opcode)(_header[0] & 0x0F);

    private bool IsControl => Opcode >= Opcode.Close;

    /// <summary>
    /// Removes the next message or control frame from <paramref name="input"/>. Returns <see cref="Scanned.Nothing"/> when all of the input was consumed.
    /// <paramref name="payload"/> is valid until the next call.
    /// </summary>
    public Scanned Read(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        while (true)
        {
            if (!_inPayload)
            {
                if (!TryReadHeader(ref input)) return Fault.Length > 0 ? Scanned.Broken : Scanned.Nothing;
            }

            PartialPayload partial = IsControl ? _control : _message;
            int available = (int)Math.Min(_remaining, input.Length);
            ReadOnlySpan<byte> part = input[..available];
            input = input[available..];
            _remaining -= available;
            if (_remaining == 0 && IsFinal && partial.IsEmpty)
            {
                payload = part;
                return EndFrame();
            }

            partial.Add(part, available + _remaining);
            if (_remaining > 0) return Scanned.Nothing;
            if (IsFinal)
            {
                payload = partial.Take();
                return EndFrame();
            }

            EndFrame();
        }
    }

    private Scanned EndFrame()
    {
        _inPayload = false;
        _headerBytes = 0;
        if (!IsControl) _inMessage = !IsFinal;
        return Opcode switch
        {
            Opcode.Ping => Scanned.Ping,
            Opcode.Pong => Scanned.Pong,
            Opcode.Close => Scanned.Close,
            _ => Scanned.Message,
        };
    }

    private bool TryReadHeader(ref ReadOnlySpan<byte> input)
    {
        if (Fault.Length > 0 || !TryFillHeader(2, ref input)) return false;
        int code = _header[1] & 0x7F;
        if (!TryFillHeader(code switch { 126 => 4, 127 => 10, _ => 2 }, ref input)) return false;
        ulong length = code switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2)),
            127 => BinaryPrimitives.ReadUInt64BigEndian(_header.AsSpan(2)),
            _ => (ulong)code,
        };
        Fault = FaultOf(length);
        _remaining = (long)length;
        _inPayload = Fault.Length == 0;
        return _inPayload;
    }

    private bool TryFillHeader(int count, ref ReadOnlySpan<byte> input)
    {
        while (_headerBytes < count && input.Length > 0)
        {
            _header[_headerBytes++] = input[0];
            input = input[1..];
        }

        return _headerBytes >= count;
    }

    private string FaultOf(ulong length)
    {
        if ((_header[0] & 0x70) != 0) return "a frame with reserved bits, although no extension was negotiated";
        if ((_header[1] & 0x80) != 0) return "a masked frame, which only clients send";
        if (Opcode is not (Opcode.Continuation or Opcode.Text or Opcode.Binary or Opcode.Close or Opcode.Ping or Opcode.Pong))
        {
            return $"a frame with the unknown opcode {(int)Opcode}";
        }

        if (IsControl && (!IsFinal || length > MaxControlBytes)) return "a control frame that is fragmented or too long";
        if (!IsControl && Opcode == Opcode.Continuation != _inMessage) return _inMessage ? "a new message within another" : "a continuation without a message";
        return length > (ulong)(MaxMessageBytes - _message.Length) ? "a message of more than 64 MiB" : "";
    }

    /// <summary>A payload that is received in parts.</summary>
    private sealed class PartialPayload
    {
        private byte[] _bytes = [];
        private bool _taken;

        public int Length { get; private set; }

        public bool IsEmpty
        {
            get
            {
                ReturnTaken();
                return Length == 0;
            }
        }

        /// <summary>Adds a part, and reserves space for the rest of its frame.</summary>
        public void Add(ReadOnlySpan<byte> part, long frameBytes)
        {
            ReturnTaken();
            int needed = Length + (int)frameBytes;
            if (needed > _bytes.Length)
            {
                byte[] larger = ArrayPool<byte>.Shared.Rent(needed);
                _bytes.AsSpan(0, Length).CopyTo(larger);
                Return();
                _bytes = larger;
            }

            part.CopyTo(_bytes.AsSpan(Length));
            Length += part.Length;
        }

        public ReadOnlySpan<byte> Take()
        {
            _taken = true;
            return _bytes.AsSpan(0, Length);
        }

        private void ReturnTaken()
        {
            if (!_taken) return;
            _taken = false;
            Length = 0;
            Return();
            _bytes = [];
        }

        private void Return()
        {
            if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        }
    }
}

/// <summary>Result of <see cref="FrameScanner.Read"/>.</summary>
internal enum Scanned
{
    /// <summary>The input does not contain the end of the next frame.</summary>
    Nothing,

    /// <summary>A complete text or binary message.</summary>
    Message,
    Ping,
    Pong,
    Close,

    /// <summary>Bytes that violate the protocol. The rest of the stream cannot be read.</summary>
    Broken,
}
