using Cecelia.Relay.Events;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// Encodes the flat messages of the Execution format (PROTOCOL.md, <i>Execution format</i>). A <c>status</c> is made from the entity state after the event,
/// since a page shows each message independently of the others: it must include what this event does not contain. For one thread; the frames that it
/// returns are valid until the next <see cref="SetEvent"/>. Allocates nothing once its buffers have grown.
/// </summary>
internal sealed class ExecutionFrames(StateTable state, int compressionMinBytes) : IDisposable
{
    /// <summary>A filter that matches events of this name receives the messages about nodes.</summary>
    private const string NodeEvent = "node_state_change";

    private readonly FrameWriter _writer = new(compressionMinBytes);
    private byte[] _data = new byte[1024];
    private DecodedEvent _event = new();
    private long _nowMs;
    private bool _isMade;
    private bool _hasMessage;
    private bool _isOfNode;
    private bool _isFinal;

    /// <summary>Returns the names of the events that the messages of an execution are made from.</summary>
    /// <param name="nodes">Includes the nodes.</param>
    /// <param name="logs">Includes log entries.</param>
    public static IReadOnlyList<string> Names(bool nodes, bool logs) =>
        ["status", "execution:*", "error", .. nodes ? [NodeEvent, "node:parallel_start"] : Array.Empty<string>(), .. logs ? ["log"] : Array.Empty<string>()];

    /// <summary>Sets the event to encode.</summary>
    /// <param name="source">An event that the state has applied; neither it nor the state may change until the next call.</param>
    /// <param name="nowMs">When it was accepted, in Unix milliseconds.</param>
    public void SetEvent(DecodedEvent source, long nowMs)
    {
        (_event, _nowMs) = (source, nowMs);
        _isMade = false;
    }

    /// <summary>Makes the message of the event. Returns false if it has none for clients of that view. A final message is the last one.</summary>
    public bool TryFrame(ViewKind kind, out ReadOnlySpan<byte> frame, out bool isFinal)
    {
        if (!_isMade)
        {
            (_isOfNode, _isFinal) = (false, false);
            _hasMessage = TryWrite();
            // Set last: if a message cannot be made, the previous one must not be used in its place.
            _isMade = true;
        }

        isFinal = _isFinal;
        frame = default;
        if (!_hasMessage || (_isOfNode && !WantsNodes(kind.Filter))) return false;
        frame = _writer.Frame(kind.Encoding);
        return true;
    }

    /// <summary>
    /// Returns the status of an execution, and of its nodes if the filter matches them, as frames for a new client. A final one is the last.
    /// </summary>
    public static List<byte[]> Replay(StateCopy copy, ViewKind kind, FrameWriter writer, out bool isFinal)
    {
        var frames = new List<byte[]>();
        byte[]? last = null;
        isFinal = false;
        foreach (ref readonly StateItem item in copy.Items)
        {
            ReadOnlySpan<byte> text = copy.Text(item);
            if (item.Kind == EntityKind.Node && WantsNodes(kind.Filter)) frames.Add(Node(text, kind, writer));
            if (item.Kind != EntityKind.Execution) continue;
            ExecutionStatus status = Read(text);
            if (!status.IsKnown) continue;
            writer.End(status.Write(writer.Begin(status.MaxLength)));
            last = writer.Frame(kind.Encoding).ToArray();
            isFinal = status.IsFinal;
        }

        // The status is last, since a final one ends the connection.
        if (last is not null) frames.Add(last);
        return frames;
    }

    public void Dispose() => _writer.Dispose();

    private static bool WantsNodes(Filter filter) => filter.WantsName("node_state_change"u8);

    private static ExecutionStatus Read(ReadOnlySpan<byte> entity)
    {
        var status = default(ExecutionStatus);
        var members = new JsonMembers(entity);
        while (members.MoveNext())
        {
            if (members.IsNamed("id"u8)) status.Id = members.Value;
            else if (members.IsNamed("status"u8)) status.Status = members.Value;
            else if (members.IsNamed("progress"u8)) status.Progress = members.Value;
            else if (members.IsNamed("message"u8)) status.Message = members.Value;
            else if (members.IsNamed("result"u8)) status.Result = members.Value;
            else if (members.IsNamed("error"u8)) status.Error = members.Value;
            else if (members.IsNamed("execution_time"u8)) status.ExecutionTime = members.Value;
            else if (members.IsNamed("started"u8)) status.Started = members.Value;
            else if (members.IsNamed("ended"u8)) status.Ended = members.Value;
        }

        return status;
    }

    /// <summary>Encodes a node. Its text is copied as written, since not all JSON can be decoded: half of a surrogate pair is valid JSON.</summary>
    private static byte[] Node(ReadOnlySpan<byte> entity, ViewKind kind, FrameWriter writer)
    {
        const int EnvelopeBytes = 128;
        var text = new MessageText(writer.Begin(EnvelopeBytes + entity.Length));
        text.Put("""{"type":"node","execution_id":"""u8);
        text.Put(Find(entity, "execution_id"u8, "null"u8));
        text.Put(""","node_id":"""u8);
        text.Put(Find(entity, "id"u8, "null"u8));
        text.Put(""","status":"""u8);
        text.Put(Find(entity, "status"u8, "null"u8));
        text.Put(""","data":"""u8);
        text.Put(Find(entity, "data"u8, "{}"u8));
        text.Put(""","timestamp":"""u8);
        text.Put(Find(entity, "timestamp"u8, "null"u8));
        text.Put("}"u8);
        writer.End(text.Length);
        return writer.Frame(kind.Encoding).ToArray();

        static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> entity, ReadOnlySpan<byte> name, ReadOnlySpan<byte> defaultValue) =>
            JsonMembers.Find(entity, name) is { IsEmpty: false } value ? value : defaultValue;
    }

    private bool TryWrite() => _event.Known?.Name switch
    {
        "log" => Write("log"u8, default),
        NodeEvent => WriteNode(StatusOf(Data())),
        "node:parallel_start" => WriteNode("\"running\""u8),
        "error" => _event.NodeId.IsEmpty ? WriteError() : WriteNode("\"failed\""u8),
        _ => WriteStatus(),
    };

    private bool WriteStatus()
    {
        if (!state.TryGet(EntityKind.Execution, _event.ExecutionId, out ReadOnlySpan<byte> entity)) return false;
        ExecutionStatus status = Read(entity);
        if (!status.IsKnown) return false;
        _writer.End(status.Write(_writer.Begin(status.MaxLength)));
        _isFinal = status.IsFinal;
        return true;
    }

    private bool WriteNode(ReadOnlySpan<byte> status)
    {
        _isOfNode = true;
        return Write("node"u8, status.IsEmpty ? "null"u8 : status);
    }

    /// <summary>Encodes the event itself, flat except for its data.</summary>
    private bool Write(ReadOnlySpan<byte> type, ReadOnlySpan<byte> status)
    {
        int envelopeBytes = """{"type":"node","execution_id":"","node_id":"","status":,"data":,"timestamp":""}"""u8.Length;
        int maxBytes = envelopeBytes + (2 * EventLimits.KeyBytes * JsonText.MaxExpansion)
            + status.Length + _event.DataLength + Math.Max(_event.RawTimestamp.Length, Rfc3339.Length);
        var text = new MessageText(_writer.Begin(maxBytes));
        text.Put("""{"type":"""u8);
        text.PutQuoted(type);
        text.Put(""","execution_id":"""u8);
        text.PutQuoted(_event.ExecutionId);
        text.PutId(""","node_id":"""u8, _event.NodeId);
        text.PutOptional(""","status":"""u8, status);
        text.Put(""","data":"""u8);
        text.PutData(_event);
        text.Put(""","timestamp":"""u8);
        text.PutTimestamp(_event, _nowMs);
        text.Put("}"u8);
        _writer.End(text.Length);
        return true;
    }

    private bool WriteError()
    {
        ReadOnlySpan<byte> message = JsonMembers.Find(Data(), "message"u8);
        if (message.IsEmpty) message = JsonMembers.Find(Data(), "error"u8);
        if (message.IsEmpty) message = "null"u8;
        var text = new MessageText(_writer.Begin("""{"type":"error","message":}"""u8.Length + message.Length));
        text.Put("""{"type":"error","message":"""u8);
        text.Put(message);
        text.Put("}"u8);
        _writer.End(text.Length);
        return true;
    }

    private static ReadOnlySpan<byte> StatusOf(ReadOnlySpan<byte> data) =>
        JsonMembers.Find(data, "status"u8) is [(byte)'"', ..] status ? status : JsonMembers.Find(data, "state"u8) is [(byte)'"', ..] other ? other : default;

    /// <summary>Returns the data as one span: a flat message has it in several pieces.</summary>
    private ReadOnlySpan<byte> Data()
    {
        if (!_event.IsFlat) return _event.RawData;
        if (_event.DataLength > _data.Length) _data = new byte[_event.DataLength * 2];
        return _data.AsSpan(0, _event.CopyDataTo(_data));
    }
}
