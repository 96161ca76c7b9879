using Cecelia.Relay.Events;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Views;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// One event as frames of every dialect and encoding, each made when first asked for and once only. For one thread; what it returns is good until the
/// next <see cref="Begin"/>. Allocates nothing once its buffers have grown.
/// </summary>
internal sealed class EventFrames(int compressionMinBytes) : IDisposable
{
    private readonly FrameWriter _plain = new(compressionMinBytes);
    private readonly FrameWriter _rich = new(compressionMinBytes);
    private readonly byte[] _id = new byte[JournalPosition.TextLength];
    private DecodedEvent _event = null!;
    private JournalPosition _position;
    private long _nowMs;
    private bool _hasPlain;
    private bool _hasRich;

    /// <param name="source">The event; it must not change until the next call.</param>
    /// <param name="position">Its place in the journal.</param>
    /// <param name="nowMs">When it came, in Unix milliseconds.</param>
    public void Begin(DecodedEvent source, JournalPosition position, long nowMs)
    {
        (_event, _position, _nowMs) = (source, position, nowMs);
        _hasPlain = _hasRich = false;
    }

    public ReadOnlySpan<byte> Frame(ViewKind kind)
    {
        if (kind.Dialect == Dialect.Cecelia)
        {
            if (!_hasPlain) Write(_plain, []);
            _hasPlain = true;
            return _plain.Frame(kind.Encoding);
        }

        if (!_hasRich)
        {
            _position.Write(_id);
            Write(_rich, _id);
            _hasRich = true;
        }

        return _rich.Frame(kind.Encoding);
    }

    public void Dispose()
    {
        _plain.Dispose();
        _rich.Dispose();
    }

    private void Write(FrameWriter writer, ReadOnlySpan<byte> id) =>
        writer.End(CeceliaDialect.Write(_event, writer.Begin(CeceliaDialect.MaxLength(_event, id)), _nowMs, id));
}
