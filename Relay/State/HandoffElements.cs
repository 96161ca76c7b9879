using System.Buffers;
using System.Text.Json;

namespace Cecelia.Relay.State;

/// <summary>
/// The elements of a JSON array that is read from a stream, one after the other: memory is taken for one element and as its bytes arrive, never for the
/// whole text. The owner disposes it. Not thread-safe.
/// </summary>
/// <param name="stream">At the array's first byte. Not disposed.</param>
/// <param name="length">Bytes that the array has in the stream.</param>
/// <param name="maxDepth">Deepest nesting of an element.</param>
internal sealed class HandoffElements(Stream stream, long length, int maxDepth) : IDisposable
{
    /// <summary>Largest element. An entity has some members of at most <see cref="Reducer.MaxMergedBytes"/>; white space may stand between.</summary>
    public const int MaxElementBytes = 16 * 1024 * 1024;

    private const int StartBytes = 64 * 1024;

    private readonly JsonReaderOptions _options = new() { MaxDepth = maxDepth };
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(StartBytes);
    private long _left = length;
    private int _start;
    private int _end;
    private bool _isOpen;
    private bool _hasElement;

    /// <summary>The next element, good until the next call; false at the end of the array.</summary>
    /// <exception cref="StateUnreadableException">The text is not an array of JSON values, or an element is too large.</exception>
    /// <exception cref="EndOfStreamException">The stream ended before the array.</exception>
    public bool TryRead(out ReadOnlySpan<byte> element)
    {
        element = default;
        if (!_isOpen)
        {
            if (Next() != '[') throw new StateUnreadableException("not an array");
            _start++;
            _isOpen = true;
        }

        int next = Next();
        if (next == ']')
        {
            _start++;
            if (Next() >= 0) throw new StateUnreadableException("something follows the array");
            return false;
        }

        if (_hasElement)
        {
            if (next != ',') throw new StateUnreadableException("not JSON");
            _start++;
            Next();
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

    /// <summary>The byte after any white space, not taken; -1 at the end of the text.</summary>
    private int Next()
    {
        while (true)
        {
            while (_start < _end && _buffer[_start] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r') _start++;
            if (_start < _end) return _buffer[_start];
            if (_left == 0) return -1;
            Fill();
        }
    }

    /// <summary>Length of the JSON value that begins at the current byte.</summary>
    private int FindEnd()
    {
        while (true)
        {
            try
            {
                // From the element's start each time: the buffer doubles, so a value is scanned at most twice as long as it is.
                var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), isFinalBlock: _left == 0, new JsonReaderState(_options));
                if (reader.Read() && reader.TrySkip()) return (int)reader.BytesConsumed;
            }
            catch (JsonException broken)
            {
                throw new StateUnreadableException("not JSON", broken);
            }

            if (_left == 0) throw new StateUnreadableException("not JSON");
            Fill();
        }
    }

    /// <summary>Reads as much as there is room for, and makes room where there is none.</summary>
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

        int wanted = (int)Math.Min(_left, _buffer.Length - _end);
        stream.ReadExactly(_buffer.AsSpan(_end, wanted));
        _end += wanted;
        _left -= wanted;
    }
}
