using System.Text;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>
/// Passes the bytes of an event stream through and records what a parser does not report: lines that it ignores, and an end inside an event.
/// </summary>
internal sealed class EventStreamLines(Stream stream) : Stream
{
    private const int PrefixBytes = 16;
    private static readonly string[] Fields = ["data:", "id:", "event:", "retry:", ":"];

    private readonly StringBuilder _prefix = new();
    private bool _afterReturn;
    private bool _isInside;

    /// <summary>The distinct prefixes of lines that are neither a field of the standard nor a comment.</summary>
    public HashSet<string> Ignored { get; } = [];

    /// <summary>Whether fields were received that no empty line has ended: a browser would drop them if the stream ended now.</summary>
    public bool IsInside => _isInside || _prefix.Length > 0;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = stream.Read(buffer, offset, count);
        Inspect(buffer.AsSpan(offset, read));
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await stream.ReadAsync(buffer, cancellationToken);
        Inspect(buffer.Span[..read]);
        return read;
    }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Inspect(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            bool isEnd = value == '\r' || (value == '\n' && !_afterReturn);
            bool isSecondHalf = value == '\n' && _afterReturn;
            _afterReturn = value == '\r';
            if (isEnd) EndLine();
            else if (!isSecondHalf && _prefix.Length < PrefixBytes) _prefix.Append((char)value);
        }
    }

    private void EndLine()
    {
        string prefix = _prefix.ToString();
        _prefix.Clear();
        _isInside = prefix.Length > 0 && (_isInside || prefix[0] != ':');
        if (prefix.Length > 0 && !Fields.Any(field => prefix.StartsWith(field, StringComparison.Ordinal))) Ignored.Add(prefix);
    }
}
