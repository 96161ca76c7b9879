using System.Buffers;
using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// Merges the streamed text that a client without the subprotocol missed, from the journal: one <c>token_stream</c> for each node instead of many
/// (PROTOCOL.md, <i>Slow clients</i>). One caller at a time; the ingest thread is delayed only while some entries are copied.
/// </summary>
internal sealed class TokenCoalescer(EventLimits limits, int compressionMinBytes, Timeline timeline) : IDisposable
{
    /// <summary>Maximum text for one node, in bytes as written; the front is dropped.</summary>
    private const int NodeBytes = 64 * 1024;

    /// <summary>Maximum text of all nodes for one client.</summary>
    private const int AllBytes = 256 * 1024;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly EventFrames _frames = new(compressionMinBytes);
    private readonly EventDecoder _decoder = new(limits);
    // A merged event may be longer than any that a publisher may send.
    private readonly EventDecoder _mergedDecoder = new(limits with { MaxBytes = limits.MaxBytes + AllBytes });
    private readonly DecodedEvent _event = new();
    private readonly List<CopiedEvent> _batch = [];
    private readonly List<NodeText> _texts = [];

    /// <summary>
    /// Returns one frame for each node with text that the view wants, from entry <paramref name="from"/> to below <paramref name="to"/>. Each has the
    /// number of events that were merged, and a flag if its beginning is missing because the journal or the limits above do not reach back far enough.
    /// </summary>
    public async Task<List<byte[]>> MergeAsync(ViewKind kind, long from, long to, CancellationToken cancellationToken)
    {
        if (!kind.Filter.WantsName("token_stream"u8)) return [];
        await _turn.WaitAsync(cancellationToken);
        try
        {
            bool isWhole = true;
            for (long next = from; next < to;)
            {
                next = timeline.CopyRange(next, to, "token_stream"u8, _batch, out bool isComplete);
                isWhole &= isComplete;
                foreach (CopiedEvent copied in _batch) Add(kind, copied.Payload, copied.Position.TimeMs);
            }

            return [.. _texts.Select(text => Frame(kind, text, isWhole))];
        }
        finally
        {
            _batch.Clear();
            _texts.Clear();
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _turn.Dispose();
        _frames.Dispose();
    }

    private void Add(ViewKind kind, byte[] payload, long timeMs)
    {
        if (_decoder.Decode(payload, _event) != RefusalReason.None || _event.Known?.Name != "token_stream" || !kind.Filter.Matches(_event)) return;
        ReadOnlySpan<byte> piece = StreamedText.Find(_event.RawData, out ReadOnlySpan<byte> name);
        if (name.IsEmpty) return;
        NodeText? text = null;
        foreach (NodeText candidate in _texts)
        {
            if (candidate.IsOf(_event, name)) text = candidate;
        }

        if (text is null) _texts.Add(text = new NodeText(_event, name));
        text.Append(piece, payload, timeMs, NodeBytes);
        // The longest text is shortened first, so that many nodes do not add up.
        while (_texts.Sum(one => one.Text.WrittenCount) > AllBytes) _texts.MaxBy(one => one.Text.WrittenCount)!.Halve();
    }

    /// <summary>Returns the node's last event with all of its text, as a frame.</summary>
    private byte[] Frame(ViewKind kind, NodeText text, bool isWhole)
    {
        _decoder.Decode(text.Last, _event);
        ReadOnlySpan<byte> data = _event.RawData;
        int at = text.Last.AsSpan().IndexOf(data);
        var payload = new ArrayBufferWriter<byte>(text.Last.Length + text.Text.WrittenCount + 64);
        payload.Write(text.Last.AsSpan(0, at));
        payload.Write("{"u8);
        var members = new JsonMembers(data);
        while (members.MoveNext())
        {
            if (members.IsNamed("merged"u8) || members.IsNamed("truncated"u8)) continue;
            bool isText = members.IsNamed(text.Name);
            payload.Write("\""u8);
            payload.Write(members.Name);
            payload.Write(isText ? "\":\""u8 : "\":"u8);
            payload.Write(isText ? text.Text.WrittenSpan : members.Value);
            payload.Write(isText ? "\","u8 : ","u8);
        }

        payload.Write(Encoding.UTF8.GetBytes($"\"merged\":{text.Count}"));
        if (!isWhole || text.IsTruncated) payload.Write(",\"truncated\":true"u8);
        payload.Write("}"u8);
        payload.Write(text.Last.AsSpan(at + data.Length));
        if (_mergedDecoder.Decode(payload.WrittenSpan.ToArray(), _event) != RefusalReason.None)
        {
            throw new InvalidOperationException($"The merged event is not valid: {_event.RefusalDetail}");
        }

        _frames.SetEvent(_event, default, text.TimeMs);
        return _frames.Frame(kind).ToArray();
    }

    /// <summary>The merged text of one node, in one member of the data.</summary>
    private sealed class NodeText(DecodedEvent e, ReadOnlySpan<byte> name)
    {
        private readonly byte[] _project = e.ProjectId.ToArray();
        private readonly byte[] _execution = e.ExecutionId.ToArray();
        private readonly byte[] _node = e.NodeId.ToArray();

        public byte[] Name { get; } = name.ToArray();

        public ArrayBufferWriter<byte> Text { get; private set; } = new();

        public byte[] Last { get; private set; } = [];

        public long TimeMs { get; private set; }

        public int Count { get; private set; }

        public bool IsTruncated { get; private set; }

        public bool IsOf(DecodedEvent e, ReadOnlySpan<byte> name) =>
            name.SequenceEqual(Name) && e.ProjectId.SequenceEqual(_project) && e.ExecutionId.SequenceEqual(_execution) && e.NodeId.SequenceEqual(_node);

        public void Append(ReadOnlySpan<byte> piece, byte[] payload, long timeMs, int maxBytes)
        {
            (Last, TimeMs) = (payload, timeMs);
            Count++;
            Text.Write(piece);
            while (Text.WrittenCount > maxBytes) Halve();
        }

        /// <summary>Drops the first half of the text.</summary>
        public void Halve()
        {
            ReadOnlySpan<byte> text = Text.WrittenSpan;
            byte[] rest = text[TextTail.Boundary(text, (text.Length + 1) / 2)..].ToArray();
            Text = new ArrayBufferWriter<byte>(Math.Max(1, rest.Length * 2));
            Text.Write(rest);
            IsTruncated = true;
        }
    }
}
