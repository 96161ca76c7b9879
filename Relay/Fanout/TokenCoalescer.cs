using System.Buffers;
using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// What a client without the subprotocol missed of streamed text, put together from the journal: one <c>token_stream</c> for each node instead of
/// many (PROTOCOL.md, <i>Slow clients</i>). One caller after the other; ingestion is held up only while some entries are copied.
/// </summary>
internal sealed class TokenCoalescer(EventLimits limits, int compressionMinBytes, Timeline timeline) : IDisposable
{
    /// <summary>Most text for one node, and of all for one client, in bytes as written; the front goes.</summary>
    private const int NodeBytes = 64 * 1024;
    private const int AllBytes = 256 * 1024;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly EventFrames _frames = new(compressionMinBytes);
    private readonly EventDecoder _decoder = new(limits);
    // The last event with all the text in it is longer than any that a publisher may send.
    private readonly EventDecoder _mergedDecoder = new(limits with { MaxBytes = limits.MaxBytes + AllBytes });
    private readonly DecodedEvent _event = new();
    private readonly List<CopiedEvent> _batch = [];
    private readonly List<Stretch> _stretches = [];

    /// <summary>
    /// Frames of what the view wants of the text in the entries from <paramref name="from"/> to below <paramref name="to"/>. Each says how many events it is made
    /// of, and that its beginning is missing where the journal, or what is kept for one client, does not reach back so far.
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

            return [.. _stretches.Select(stretch => Frame(kind, stretch, isWhole))];
        }
        finally
        {
            _batch.Clear();
            _stretches.Clear();
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
        Stretch? stretch = null;
        foreach (Stretch one in _stretches)
        {
            if (one.IsOf(_event, name)) stretch = one;
        }

        if (stretch is null) _stretches.Add(stretch = new Stretch(_event, name));
        stretch.Append(piece, payload, timeMs, NodeBytes);
        // The longest pays for all, so that many nodes do not add up.
        while (_stretches.Sum(one => one.Text.WrittenCount) > AllBytes) _stretches.MaxBy(one => one.Text.WrittenCount)!.Halve();
    }

    private byte[] Frame(ViewKind kind, Stretch stretch, bool isWhole)
    {
        _decoder.Decode(stretch.Last, _event);
        ReadOnlySpan<byte> data = _event.RawData;
        int at = stretch.Last.AsSpan().IndexOf(data);
        var payload = new ArrayBufferWriter<byte>(stretch.Last.Length + stretch.Text.WrittenCount + 64);
        payload.Write(stretch.Last.AsSpan(0, at));
        payload.Write("{"u8);
        var members = new JsonMembers(data);
        while (members.MoveNext())
        {
            if (members.IsNamed("merged"u8) || members.IsNamed("truncated"u8)) continue;
            bool isText = members.IsNamed(stretch.Name);
            payload.Write("\""u8);
            payload.Write(members.Name);
            payload.Write(isText ? "\":\""u8 : "\":"u8);
            payload.Write(isText ? stretch.Text.WrittenSpan : members.Value);
            payload.Write(isText ? "\","u8 : ","u8);
        }

        payload.Write(Encoding.UTF8.GetBytes($"\"merged\":{stretch.Count}"));
        if (!isWhole || stretch.IsCut) payload.Write(",\"truncated\":true"u8);
        payload.Write("}"u8);
        payload.Write(stretch.Last.AsSpan(at + data.Length));
        if (_mergedDecoder.Decode(payload.WrittenSpan.ToArray(), _event) != RefusalReason.None) throw new InvalidOperationException($"merged text cannot be read: {_event.RefusalDetail}");
        _frames.SetEvent(_event, default, stretch.TimeMs);
        return _frames.Frame(kind).ToArray();
    }

    /// <summary>The text of one node, in one member of the data.</summary>
    private sealed class Stretch(DecodedEvent e, ReadOnlySpan<byte> name)
    {
        private readonly byte[] _project = e.ProjectId.ToArray();
        private readonly byte[] _execution = e.ExecutionId.ToArray();
        private readonly byte[] _node = e.NodeId.ToArray();

        public byte[] Name { get; } = name.ToArray();

        public ArrayBufferWriter<byte> Text { get; private set; } = new();

        public byte[] Last { get; private set; } = [];

        public long TimeMs { get; private set; }

        public int Count { get; private set; }

        public bool IsCut { get; private set; }

        public bool IsOf(DecodedEvent e, ReadOnlySpan<byte> name) =>
            name.SequenceEqual(Name) && e.ProjectId.SequenceEqual(_project) && e.ExecutionId.SequenceEqual(_execution) && e.NodeId.SequenceEqual(_node);

        public void Append(ReadOnlySpan<byte> piece, byte[] payload, long timeMs, int most)
        {
            (Last, TimeMs) = (payload, timeMs);
            Count++;
            Text.Write(piece);
            while (Text.WrittenCount > most) Halve();
        }

        public void Halve()
        {
            ReadOnlySpan<byte> text = Text.WrittenSpan;
            byte[] rest = text[TextTail.Boundary(text, (text.Length + 1) / 2)..].ToArray();
            Text = new ArrayBufferWriter<byte>(Math.Max(1, rest.Length * 2));
            Text.Write(rest);
            IsCut = true;
        }
    }
}
