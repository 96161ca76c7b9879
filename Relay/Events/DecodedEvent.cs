namespace Cecelia.Relay.Events;

/// <summary>
/// One event as decoded: positions in the publisher's own bytes, so that decoding copies nothing. Made once for each ingest thread and filled
/// anew by <see cref="EventDecoder"/>; not thread-safe. Every span is good until the next decode, and as long as nobody writes to the payload.
/// </summary>
internal sealed class DecodedEvent
{
    private readonly byte[] _scratch = new byte[Scratch.Length];
    private readonly Slice[] _members = new Slice[EventLimits.EnvelopeMembers];
    private byte[] _payload = [];
    private int _memberCount;
    private EventSlices _slices;

    /// <summary>The bytes that were decoded. Not copied: the caller leaves them alone while it uses this.</summary>
    public ReadOnlyMemory<byte> Payload => _payload;

    /// <summary>Why it was refused; when it was, only this, <see cref="RefusalDetail"/> and <see cref="Payload"/> mean anything.</summary>
    public RefusalReason Refusal { get; private set; }

    /// <summary>The refusal in words for whoever mends the publisher; empty when there was none. Never holds text of the payload.</summary>
    public string RefusalDetail { get; private set; } = "";

    /// <summary>The event's name, unescaped.</summary>
    public ReadOnlySpan<byte> Name => Text(_slices.Name);

    /// <summary>The name as the publisher wrote it, a JSON string with its quotes.</summary>
    public ReadOnlySpan<byte> RawName => Raw(_slices.RawName);

    /// <summary>The name's entry in <see cref="EventNames"/>; null for one we do not know.</summary>
    public KnownEvent? Known { get; set; }

    /// <summary>System C's flat message: the fields of its data stand in the envelope, and only <see cref="CopyDataTo"/> has them as one object.</summary>
    public bool IsFlat { get; set; }

    /// <summary>The publisher gave a <c>data</c> object.</summary>
    public bool HasData => !_slices.Data.IsEmpty;

    /// <summary>The <c>data</c> object as written, <c>{}</c> when there was none. Not for flat messages, which have it in pieces: empty then.</summary>
    public ReadOnlySpan<byte> RawData => IsFlat ? [] : HasData ? Raw(_slices.Data) : "{}"u8;

    /// <summary>The timestamp as written, a JSON string with its quotes; empty when there was none.</summary>
    public ReadOnlySpan<byte> RawTimestamp => Raw(_slices.RawTimestamp);

    /// <summary>The timestamp in milliseconds since 1970; 0 when there was none (see <see cref="RawTimestamp"/>).</summary>
    public long TimestampMs { get; set; }

    /// <summary>The envelope's <c>project_id</c> as written, a JSON string or integer; empty when there was none.</summary>
    public ReadOnlySpan<byte> RawProjectId => Raw(_slices.RawProjectId);

    /// <summary>The envelope's <c>node_id</c> as written, a JSON string; empty when there was none.</summary>
    public ReadOnlySpan<byte> RawNodeId => Raw(_slices.RawNodeId);

    /// <summary>The publisher's own <c>id</c> of the event as written, a JSON string or integer; empty when there was none.</summary>
    public ReadOnlySpan<byte> RawId => Raw(_slices.RawId);

    /// <summary>The publisher's own <c>id</c> of the event, unescaped; an integer's digits.</summary>
    public ReadOnlySpan<byte> Id => Text(_slices.Id);

    /// <summary>Which publisher, unescaped: <see cref="Seq"/> counts within it.</summary>
    public ReadOnlySpan<byte> Source => Text(_slices.Source);

    /// <summary>The publisher's own number of the event; -1 when there was none.</summary>
    public long Seq { get; set; }

    /// <summary>It answers a client's command: for the one connection that sent it, and no part of the stream.</summary>
    public bool IsReply => !_slices.RawReplyTo.IsEmpty;

    /// <summary>The <c>id</c> of the command that it answers, unescaped; empty when it answers none.</summary>
    public ReadOnlySpan<byte> ReplyTo => Text(_slices.ReplyTo);

    /// <summary><see cref="ReplyTo"/> as written, a JSON string with its quotes; empty when there was none.</summary>
    public ReadOnlySpan<byte> RawReplyTo => Raw(_slices.RawReplyTo);

    /// <summary>Routing key: the envelope's <c>project_id</c>, else <c>data.project_id</c> or <c>data.projectId</c>; empty when there is none.</summary>
    public ReadOnlySpan<byte> ProjectId => Text(_slices.ProjectId.Length > 0 ? _slices.ProjectId : Keys.Project.Text);

    /// <summary>Routing key: <c>data.taskId</c>, else <c>data.task_id</c>, else <c>data.id</c> of System B's task events; empty when there is none.</summary>
    public ReadOnlySpan<byte> TaskId => Text(Keys.Task.Text.Length > 0 ? Keys.Task.Text : DataId(DataIdKind.Task));

    /// <summary>Routing key: the envelope's <c>execution_id</c>, else <c>data.execution_id</c> or <c>data.executionId</c>; empty when there is none.</summary>
    public ReadOnlySpan<byte> ExecutionId => Text(_slices.ExecutionId.Length > 0 ? _slices.ExecutionId : Keys.Execution.Text);

    /// <summary>The envelope's <c>node_id</c>, else <c>data.node_id</c> or <c>data.nodeId</c>; empty when there is none.</summary>
    public ReadOnlySpan<byte> NodeId => Text(FirstOf(_slices.NodeId, Keys.Node, Keys.NodeSecond));

    /// <summary><c>data.agent_id</c>, else <c>data.agentId</c>, else <c>data.id</c> of System B's events about an agent; empty when there is none.</summary>
    public ReadOnlySpan<byte> AgentId => Text(FirstOf(Keys.Agent, Keys.AgentSecond, DataId(DataIdKind.Agent)));

    /// <summary>Fields of the envelope that no client will get: unknown ones, and a timestamp too far ahead.</summary>
    public int IgnoredFields { get; set; }

    /// <summary>Bytes that <see cref="CopyDataTo"/> writes.</summary>
    public int DataLength
    {
        get
        {
            if (!IsFlat) return RawData.Length;
            int length = 2 + Math.Max(0, _memberCount - 1);
            foreach (Slice member in Members) length += member.Length;
            return length;
        }
    }

    /// <summary>For <see cref="EventDecoder"/>, which fills it.</summary>
    internal ref EventSlices Slices => ref _slices;

    /// <summary>For <see cref="EventDecoder"/>: where it unescapes to.</summary>
    internal Span<byte> ScratchBytes => _scratch;

    private ReadOnlySpan<Slice> Members => _members.AsSpan(0, _memberCount);

    private ref DataKeys Keys => ref IsFlat ? ref _slices.InEnvelope : ref _slices.InData;

    /// <summary>Writes the data object in either form and returns its length, <see cref="DataLength"/>.</summary>
    public int CopyDataTo(Span<byte> destination)
    {
        if (!IsFlat)
        {
            RawData.CopyTo(destination);
            return RawData.Length;
        }

        int at = 0;
        destination[at++] = (byte)'{';
        foreach (Slice member in Members)
        {
            if (at > 1) destination[at++] = (byte)',';
            Raw(member).CopyTo(destination[at..]);
            at += member.Length;
        }

        destination[at++] = (byte)'}';
        return at;
    }

    internal void Reset(byte[] payload)
    {
        _payload = payload;
        _memberCount = 0;
        _slices = default;
        Refusal = RefusalReason.None;
        RefusalDetail = "";
        Known = null;
        IsFlat = false;
        TimestampMs = 0;
        Seq = -1;
        IgnoredFields = 0;
    }

    /// <summary>Notes the refusal unless one was noted before: the first fault in the document is the one to mend first.</summary>
    internal void Refuse(RefusalReason reason, string detail)
    {
        if (Refusal == RefusalReason.None) RefuseInstead(reason, detail);
    }

    /// <summary>Notes the refusal in place of any other.</summary>
    internal void RefuseInstead(RefusalReason reason, string detail)
    {
        Refusal = reason;
        RefusalDetail = detail;
    }

    /// <summary>Notes a member that belongs to the data if the message turns out to be flat.</summary>
    internal void AddMember(int start, int end) => _members[_memberCount++] = new Slice(start, end - start);

    internal ReadOnlySpan<byte> Text(TextSlice text) => (text.InScratch ? _scratch : _payload).AsSpan(text.Offset, text.Length);

    private static TextSlice FirstOf(TextSlice first, TextSlice second, TextSlice third) => first.Length > 0 ? first : second.Length > 0 ? second : third;

    private TextSlice DataId(DataIdKind kind) => Known?.DataId == kind ? Keys.Id : default;

    private ReadOnlySpan<byte> Raw(Slice slice) => _payload.AsSpan(slice.Offset, slice.Length);
}
