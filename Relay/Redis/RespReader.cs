using System.Buffers.Text;
using System.Text;

namespace Cecelia.Relay.Redis;

/// <summary>A reply of Redis to a command of a subscriber: a status, an error, or the confirmation of a subscription.</summary>
/// <param name="IsError">True for an error reply.</param>
/// <param name="Text">The status or the error without its type byte; empty for a confirmation. Bounded by the reader.</param>
internal readonly record struct RespReply(bool IsError, string Text);

/// <summary>Receives one published message. Called on the reading thread; the span is valid only during the call, the array belongs to the callee.</summary>
/// <param name="isPattern">True when a pattern subscription matched.</param>
/// <param name="channel">The channel's name, cut to <see cref="RespReader.MaxChannelBytes"/>.</param>
/// <param name="payload">The payload, cut to one byte more than the reader's limit.</param>
/// <param name="length">The payload's length as Redis sent it, in bytes.</param>
internal delegate void RespMessageHandler(bool isPattern, ReadOnlySpan<byte> channel, byte[] payload, long length);

/// <summary>
/// Reads the messages and replies of a subscribed connection (RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec/). Every length and count
/// is checked before memory is allocated for it. A payload over the limit is read to its end, and only its beginning is kept. For one thread.
/// </summary>
/// <param name="stream">A blocking stream. The caller keeps ownership.</param>
/// <param name="maxPayloadBytes">Maximum size of a payload that is kept entirely. Of a larger one, this many bytes and one more are kept.</param>
internal sealed class RespReader(Stream stream, int maxPayloadBytes)
{
    /// <summary>Maximum number of bytes of a channel's name that are kept. The publisher chooses the name.</summary>
    public const int MaxChannelBytes = 1024;

    /// <summary>Size of one read of the socket, so that a burst of small events needs few system calls.</summary>
    private const int BufferBytes = 64 * 1024;

    /// <summary>Maximum length of a status, error or text. Error lines of Redis have less than 300 bytes.</summary>
    private const int MaxTextBytes = 4096;

    /// <summary>Maximum length of a number in a header, including the sign: 64 bits.</summary>
    private const int MaxNumberBytes = 20;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly byte[] _channel = new byte[MaxChannelBytes];
    private int _start;
    private int _end;
    private long _shardMessages;

    /// <summary>Messages of SPUBLISH that were read and discarded. Any thread.</summary>
    public long ShardMessages => Volatile.Read(ref _shardMessages);

    /// <summary>
    /// Reads one message or reply; blocks until there is one. Returns null for a message, which <paramref name="onMessage"/> has received unless it came by
    /// SPUBLISH.
    /// </summary>
    /// <exception cref="RespException">The data is not what Redis sends to a subscriber.</exception>
    /// <exception cref="IOException">The connection broke or ended.</exception>
    public RespReply? Read(RespMessageHandler onMessage)
    {
        byte type = ReadByte();
        switch (type)
        {
            case (byte)'*' or (byte)'>':
                return ReadArray(onMessage);
            case (byte)'+' or (byte)':':
                return new RespReply(IsError: false, ReadLine());
            case (byte)'-':
                return new RespReply(IsError: true, ReadLine());
            case (byte)'$':
                return new RespReply(IsError: false, ReadText());
            default:
                throw new RespException($"a reply begins with the byte 0x{type:x2}");
        }
    }

    private RespReply? ReadArray(RespMessageHandler onMessage)
    {
        long count = ReadNumber();
        if (count is < 2 or > 4) throw new RespException($"an array has {count} elements");
        Span<byte> kind = stackalloc byte[16];
        kind = kind[..ReadBulk(kind)];
        if (count == 3 && kind.SequenceEqual("message"u8)) return ReadMessage(isPattern: false, onMessage);
        if (count == 4 && kind.SequenceEqual("pmessage"u8))
        {
            Discard(ReadBulkLength());
            SkipLineEnd();
            return ReadMessage(isPattern: true, onMessage);
        }

        if (count == 3 && kind.SequenceEqual("smessage"u8))
        {
            for (int part = 1; part < count; part++)
            {
                Discard(ReadBulkLength());
                SkipLineEnd();
            }

            Interlocked.Increment(ref _shardMessages);
            return null;
        }

        if (count == 2 && kind.SequenceEqual("pong"u8)) return new RespReply(IsError: false, ReadElement());
        if (count == 3 && (kind.SequenceEqual("subscribe"u8) || kind.SequenceEqual("psubscribe"u8) || kind.SequenceEqual("ssubscribe"u8)))
        {
            ReadElement();
            ReadElement();
            return new RespReply(IsError: false, "");
        }

        // Not requested. Redis does this when the subscription has to move, and later messages do not arrive.
        if (kind.EndsWith("unsubscribe"u8)) throw new RespException("Redis ended a subscription by itself");
        throw new RespException($"an array of {count} elements has the unknown kind '{Encoding.ASCII.GetString(kind)}'");
    }

    private RespReply? ReadMessage(bool isPattern, RespMessageHandler onMessage)
    {
        int channel = ReadBulk(_channel);
        long length = ReadBulkLength();
        byte[] payload = new byte[(int)Math.Min(length, maxPayloadBytes + 1L)];
        ReadBytes(payload);
        Discard(length - payload.Length);
        SkipLineEnd();
        onMessage(isPattern, _channel.AsSpan(0, channel), payload, length);
        return null;
    }

    /// <summary>Reads a bulk string, keeps as much of it as fits in <paramref name="target"/> and returns that number of bytes.</summary>
    private int ReadBulk(Span<byte> target)
    {
        long length = ReadBulkLength();
        int kept = (int)Math.Min(length, target.Length);
        ReadBytes(target[..kept]);
        Discard(length - kept);
        SkipLineEnd();
        return kept;
    }

    /// <summary>Reads an element that is text or a number.</summary>
    private string ReadElement()
    {
        byte type = ReadByte();
        return type switch
        {
            (byte)'$' => ReadText(),
            (byte)':' or (byte)'+' => ReadLine(),
            _ => throw new RespException($"an element begins with the byte 0x{type:x2}"),
        };
    }

    /// <summary>Reads the rest of a bulk string whose type byte has been read.</summary>
    private string ReadText()
    {
        long length = ReadNumber();
        if (length is < -1 or > MaxTextBytes) throw new RespException($"a text has {length} bytes");
        if (length == -1) return "";
        Span<byte> text = stackalloc byte[(int)length];
        ReadBytes(text);
        SkipLineEnd();
        return Encoding.UTF8.GetString(text);
    }

    private long ReadBulkLength()
    {
        byte type = ReadByte();
        if (type != (byte)'$') throw new RespException($"a string begins with the byte 0x{type:x2}");
        long length = ReadNumber();
        // 512 MB is the maximum of Redis itself (proto-max-bulk-len). A larger string is refused instead of being discarded for minutes.
        if (length is < 0 or > 512L * 1024 * 1024) throw new RespException($"a string has {length} bytes");
        return length;
    }

    private long ReadNumber()
    {
        ReadOnlySpan<byte> digits = ReadLineBytes(MaxNumberBytes);
        if (!Utf8Parser.TryParse(digits, out long number, out int used) || used != digits.Length) throw new RespException("a length is not a number");
        return number;
    }

    private string ReadLine() => Encoding.UTF8.GetString(ReadLineBytes(MaxTextBytes));

    /// <summary>Reads to the end of the line. The span is valid until the next read.</summary>
    private ReadOnlySpan<byte> ReadLineBytes(int maxBytes)
    {
        int looked = 0;
        while (true)
        {
            int at = _buffer.AsSpan(_start + looked, _end - _start - looked).IndexOf((byte)'\n');
            if (at >= 0)
            {
                int length = looked + at;
                if (length == 0 || length - 1 > maxBytes || _buffer[_start + length - 1] != (byte)'\r') break;
                ReadOnlySpan<byte> line = _buffer.AsSpan(_start, length - 1);
                _start += length + 1;
                return line;
            }

            looked = _end - _start;
            if (looked > maxBytes + 1) break;
            Fill();
        }

        throw new RespException("a line is too long or not ended by CRLF");
    }

    private byte ReadByte()
    {
        if (_start == _end) Fill();
        return _buffer[_start++];
    }

    private void SkipLineEnd()
    {
        if (ReadByte() != (byte)'\r' || ReadByte() != (byte)'\n') throw new RespException("a string is longer than it says");
    }

    /// <summary>Fills <paramref name="target"/>. A large rest is read into it without another copy.</summary>
    private void ReadBytes(Span<byte> target)
    {
        while (true)
        {
            int buffered = Math.Min(target.Length, _end - _start);
            _buffer.AsSpan(_start, buffered).CopyTo(target);
            _start += buffered;
            target = target[buffered..];
            if (target.IsEmpty) return;
            if (target.Length < BufferBytes)
            {
                // As much as is available: the next message usually follows immediately.
                Fill();
                continue;
            }

            int read = stream.Read(target);
            if (read == 0) throw new EndOfStreamException();
            target = target[read..];
        }
    }

    private void Discard(long count)
    {
        while (count > 0)
        {
            if (_start == _end) Fill();
            int now = (int)Math.Min(count, _end - _start);
            _start += now;
            count -= now;
        }
    }

    /// <summary>Reads what is available, at least one byte, after what is buffered.</summary>
    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        int read = stream.Read(_buffer, _end, _buffer.Length - _end);
        if (read == 0) throw new EndOfStreamException();
        _end += read;
    }
}

/// <summary>The peer violates Redis' protocol. The message can be shown.</summary>
internal sealed class RespException(string message) : IOException(message);
