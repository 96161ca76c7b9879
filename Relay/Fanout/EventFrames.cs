using Cecelia.Relay.Events;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// Encodes one event as frames of each format and encoding, lazily and at most once each. For one thread; the frames that it returns are valid until the next
/// <see cref="SetEvent"/>. Allocates nothing once its buffers have grown.
/// </summary>
internal sealed class EventFrames(int compressionMinBytes) : IDisposable
{
    private readonly FrameWriter _plain = new(compressionMinBytes);
    private readonly FrameWriter _subprotocol = new(compressionMinBytes);
    private readonly FrameWriter _taskTree = new(compressionMinBytes);
    private readonly byte[] _id = new byte[StreamPosition.TextLength];
    private DecodedEvent _event = new();
    private StreamPosition _position;
    private long _nowMs;
    private bool _hasPlain;
    private bool _hasSubprotocol;
    private bool _hasTaskTree;

    /// <summary>Sets the event to encode.</summary>
    /// <param name="source">The event; it must not change until the next call.</param>
    /// <param name="position">Its position.</param>
    /// <param name="nowMs">When it was accepted, in Unix milliseconds.</param>
    public void SetEvent(DecodedEvent source, StreamPosition position, long nowMs)
    {
        (_event, _position, _nowMs) = (source, position, nowMs);
        _hasPlain = _hasSubprotocol = _hasTaskTree = false;
    }

    /// <summary>
    /// Returns the event in any format but <see cref="WireFormat.Execution"/>, whose messages are not events (<see cref="ExecutionFrames"/>).
    /// </summary>
    public ReadOnlySpan<byte> Frame(ViewKind kind)
    {
        switch (kind.Format)
        {
            case WireFormat.Cecelia:
                if (!_hasPlain) Write(_plain, []);
                _hasPlain = true;
                return _plain.Frame(kind.Encoding);
            case WireFormat.TaskTree:
                if (!_hasTaskTree) _taskTree.End(TaskTreeFormat.Write(_event, _taskTree.Begin(TaskTreeFormat.MaxLength(_event)), _nowMs));
                _hasTaskTree = true;
                return _taskTree.Frame(kind.Encoding);
        }

        if (!_hasSubprotocol)
        {
            _position.Write(_id);
            Write(_subprotocol, _id);
            _hasSubprotocol = true;
        }

        return _subprotocol.Frame(kind.Encoding, _id);
    }

    public void Dispose()
    {
        _plain.Dispose();
        _subprotocol.Dispose();
        _taskTree.Dispose();
    }

    private void Write(FrameWriter writer, ReadOnlySpan<byte> id) =>
        writer.End(CeceliaFormat.Write(_event, writer.Begin(CeceliaFormat.MaxLength(_event, id)), _nowMs, id));
}
