using System.Buffers;
using System.Buffers.Binary;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// Finds the messages in what a WebSocket server sends (RFC 6455 §5.2), wherever the bytes are cut. A frame that is there as a whole costs no copy;
/// a client that waits for the next one holds no buffer. Not thread-safe.
/// </summary>
internal sealed class FrameScanner
{
    /// <summary>No relay sends more in one message; a larger length is taken for a broken stream.</summary>
    private const int MaxMessageBytes = 64 * 1024 * 1024;

    private const int MaxControlBytes = 125;

    private readonly byte[] _header = new byte[Frames.MaxHeaderBytes];
    private int _headerBytes;
    private bool _inPayload;
    private bool _inMessage;
    private long _left;

    private readonly Gathered _message = new();
    private readonly Gathered _control = new();

    /// <summary>What was wrong, after <see cref="Scanned.Broken"/>.</summary>
    public string Fault { get; private set; } = "";

    private bool IsFinal => (_header[0] & 0x80) != 0;

    private Opcode Opcode => (Opcode)(_header[0] & 0x0F);

    private bool IsControl => Opcode >= Opcode.Close;

    /// <summary>
    /// Takes the next message or control frame from the front of <paramref name="input"/>. <see cref="Scanned.Nothing"/> when all of the input is used
    /// up. <paramref name="payload"/> is good until the next call.
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

            Gathered gathered = IsControl ? _control : _message;
            int here = (int)Math.Min(_left, input.Length);
            ReadOnlySpan<byte> part = input[..here];
            input = input[here..];
            _left -= here;
            if (_left == 0 && IsFinal && gathered.IsEmpty)
            {
                payload = part;
                return EndFrame();
            }

            gathered.Add(part, here + _left);
            if (_left > 0) return Scanned.Nothing;
            if (IsFinal)
            {
                payload = gathered.Take();
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
        _left = (long)length;
        _inPayload = Fault.Length == 0;
        return _inPayload;
    }

    private bool TryFillHeader(int wanted, ref ReadOnlySpan<byte> input)
    {
        while (_headerBytes < wanted && input.Length > 0)
        {
            _header[_headerBytes++] = input[0];
            input = input[1..];
        }

        return _headerBytes >= wanted;
    }

    private string FaultOf(ulong length)
    {
        if ((_header[0] & 0x70) != 0) return "a frame with reserved bits, though no extension was agreed on";
        if ((_header[1] & 0x80) != 0) return "a masked frame, which only clients send";
        if (Opcode is not (Opcode.Continuation or Opcode.Text or Opcode.Binary or Opcode.Close or Opcode.Ping or Opcode.Pong)) return $"a frame with the unknown opcode {(int)Opcode}";
        if (IsControl && (!IsFinal || length > MaxControlBytes)) return "a control frame that is fragmented or too long";
        if (!IsControl && Opcode == Opcode.Continuation != _inMessage) return _inMessage ? "a new message inside another" : "a continuation of nothing";
        return length > (ulong)(MaxMessageBytes - _message.Length) ? "a message of more than 64 MiB" : "";
    }

    /// <summary>A payload that came in parts.</summary>
    private sealed class Gathered
    {
        private byte[] _bytes = [];
        private bool _taken;

        public int Length { get; private set; }

        public bool IsEmpty
        {
            get
            {
                GiveBackTaken();
                return Length == 0;
            }
        }

        /// <summary>Adds a part, with room for the whole frame that it belongs to.</summary>
        public void Add(ReadOnlySpan<byte> part, long frameBytes)
        {
            GiveBackTaken();
            int needed = Length + (int)frameBytes;
            if (needed > _bytes.Length)
            {
                byte[] larger = ArrayPool<byte>.Shared.Rent(needed);
                _bytes.AsSpan(0, Length).CopyTo(larger);
                GiveBack();
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

        private void GiveBackTaken()
        {
            if (!_taken) return;
            _taken = false;
            Length = 0;
            GiveBack();
            _bytes = [];
        }

        private void GiveBack()
        {
            if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        }
    }
}

/// <summary>What <see cref="FrameScanner.Read"/> found.</summary>
internal enum Scanned
{
    /// <summary>The input ended before the next frame did.</summary>
    Nothing,

    /// <summary>A whole text or binary message.</summary>
    Message,
    Ping,
    Pong,
    Close,

    /// <summary>Bytes that no server may send; nothing after them can be understood.</summary>
    Broken,
}
