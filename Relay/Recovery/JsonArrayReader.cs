using System.Buffers;
using System.Text.Json;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Recovery;

/// <summary>
/// Reads the elements of a JSON array from a stream, one after the other. Memory is allocated for one element and as its bytes arrive, never for the whole
/// text. The owner disposes it. Not thread-safe.
/// </summary>
/// <param name="stream">A stream at the first byte of the array. It is not disposed.</param>
/// <param name="length">Length of the array in bytes.</param>
/// <param name="maxDepth">Maximum nesting of an element.</param>
internal sealed class JsonArrayReader(Stream stream, long length, int maxDepth) : IDisposable
{
    /// <summary>
    /// Maximum size of an element. An entity has some members of at most <see cref="Reducer.MaxMergedBytes"/>, possibly with white space between them.
    /// </summary>
    public const int MaxElementBytes = 16 * 1024 * 1024;

    private const int StartBytes = 64 * 1024;

    private readonly JsonReaderOptions _options = new() { MaxDepth = maxDepth };
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(StartBytes);
    private long _remaining = length;
    private int _start;
    private int _end;
    private bool _isOpen;
    private bool _hasElement;

    /// <summary>Reads the next element, which is valid until the next call. Returns false at the end of the array.</summary>
    /// <exception cref="StateUnreadableException">The text is not an array of JSON values, or an element is too large.</exception>
    /// <exception cref="EndOfStreamException">The stream ended before the array did.</exception>
    public bool TryRead(out ReadOnlySpan<byte> element)
    {
        element = default;
        if (!_isOpen)
        {
            if (SkipWhiteSpace() != '[') throw new StateUnreadableException("not an array");
            _start++;
            _isOpen = true;
        }

        int next = SkipWhiteSpace();
        if (next == ']')
        {
            _start++;
            if (SkipWhiteSpace() >= 0) throw new StateUnreadableException("something follows the array");
            return false;
        }

        if (_hasElement)
        {
            if (next != ',') throw new StateUnreadableException("not JSON");
            _start++;
            SkipWhiteSpace();
        }

        int elementLength = FindEnd();
        element = _buffer.AsSpan(_start, elementLength);
        _start += elementLength;
        _hasElement = true;
        return true;
    }

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>Skips white space and returns the next byte without consuming it; -1 at the end of the text.</summary>
    private int SkipWhiteSpace()
    {
        while (true)
        {
            while (_start < _end && _buffer[_start] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r') _start++;
            if (_start < _end) return _buffer[_start];
            if (_remaining == 0) return -1;
            Fill();
        }
    }

    /// <summary>Returns the length of the JSON value that begins at the current byte.</summary>
    private int FindEnd()
    {
        while (true)
        {
            try
            {
                // From the start of the element each time. The buffer doubles, so at most twice the length of a value is scanned.
                var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), isFinalBlock: _remaining == 0, new JsonReaderState(_options));
                if (reader.Read() && reader.TrySkip()) return (int)reader.BytesConsumed;
            }
            catch (JsonException broken)
            {
                throw new StateUnreadableException("not JSON", broken);
            }

            if (_remaining == 0) throw new StateUnreadableException("not JSON");
            Fill();
        }
    }

    /// <summary>Reads as much as fits in the buffer, which grows when it is full.</summary>
    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= MaxElementBytes) throw new StateUnreadableException("an entity is too large");
            byte[] larger = ArrayPool<byte>.Shared.Rent(2 * _buffer.Length);
            _buffer.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        int wanted = (int)Math.Min(_remaining, _buffer.Length - _end);
        stream.ReadExactly(_buffer.AsSpan(_end, wanted));
        _end += wanted;
        _remaining -= wanted;
    }
}
