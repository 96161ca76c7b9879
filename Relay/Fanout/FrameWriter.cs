namespace Cecelia.Relay.Fanout;

/// <summary>
/// Encodes one message as frames, each encoding at most once, however many views want it. For one thread; the frames that it returns are valid until the
/// next <see cref="Begin"/>. Allocates nothing once its buffers have grown to the largest message.
/// </summary>
internal sealed class FrameWriter(int compressionMinBytes) : IDisposable
{
    private const byte Compressed = 0x40;

    private readonly Deflater _deflater = new();
    private byte[] _plain = new byte[4096];
    private byte[] _deflated = new byte[4096];
    private byte[] _text = [];
    private int _length;
    private int _deflatedLength;
    private int _textLength;

    /// <summary>
    /// Returns room for a message of at most <paramref name="maxLength"/> bytes. The caller writes the message there and calls <see cref="End"/>.
    /// </summary>
    public Span<byte> Begin(int maxLength)
    {
        // The length of the header depends on that of the message: the message is behind room for the longest header, and the header is right before it.
        int needed = Frames.MaxHeaderBytes + maxLength;
        if (needed > _plain.Length) _plain = new byte[needed * 2];
        _deflatedLength = _textLength = -1;
        return _plain.AsSpan(Frames.MaxHeaderBytes);
    }

    /// <summary>Sets the length of the message.</summary>
    public void End(int length) => _length = length;

    /// <summary>Returns the message as one frame.</summary>
    /// <param name="encoding">The encoding of the frame.</param>
    /// <param name="id">The message's id, the same for all encodings; an event stream has a field for it. Empty when it has none.</param>
    public ReadOnlySpan<byte> Frame(FrameEncoding encoding, ReadOnlySpan<byte> id = default)
    {
        if (encoding is FrameEncoding.EventStream or FrameEncoding.ChunkedEventStream)
        {
            if (_textLength < 0) WriteText(_plain.AsSpan(Frames.MaxHeaderBytes, _length), id);
            return encoding == FrameEncoding.EventStream ? _text.AsSpan(HttpChunk.MaxHeaderBytes, _textLength) : HttpChunk.Close(_text, _textLength);
        }

        if (encoding == FrameEncoding.Deflate && _length >= compressionMinBytes)
        {
            if (_deflatedLength < 0) _deflatedLength = _deflater.Compress(_plain.AsSpan(Frames.MaxHeaderBytes, _length), ref _deflated, Frames.MaxHeaderBytes);
            return WithHeader(_deflated, _deflatedLength, Compressed);
        }

        return WithHeader(_plain, _length, 0);
    }

    public void Dispose() => _deflater.Dispose();

    private void WriteText(ReadOnlySpan<byte> message, ReadOnlySpan<byte> id)
    {
        int needed = HttpChunk.MaxHeaderBytes + EventStreamText.MaxLength(message, id) + HttpChunk.EndBytes;
        if (needed > _text.Length) _text = new byte[needed * 2];
        _textLength = EventStreamText.Write(message, id, _text.AsSpan(HttpChunk.MaxHeaderBytes));
    }

    private static ReadOnlySpan<byte> WithHeader(byte[] buffer, int length, byte flags)
    {
        int header = Frames.HeaderBytes(length);
        Span<byte> frame = buffer.AsSpan(Frames.MaxHeaderBytes - header, header + length);
        Frames.WriteHeader(frame, Opcode.Text, length);
        frame[0] |= flags;
        return frame;
    }
}
