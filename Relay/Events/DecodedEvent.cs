namespace Cecelia.Relay.Events;

/// <summary>
/// A decoded event, stored as slices of the publisher's own bytes, so that decoding copies nothing. Each ingest thread has one instance, which
/// <see cref="EventDecoder"/> refills for every payload. Not thread-safe. Every span is valid until the next decode, provided that the payload is not
/// modified.
/// </summary>
internal sealed class DecodedEvent
{
    private readonly byte[] _scratch = new byte[Scratch.Length];
    private readonly Slice[] _members = new Slice[EventLimits.EnvelopeMembers];
    private byte[] _payload = [];
    private int _memberCount;
    private EventSlices _slices;

    /// <summary>The decoded bytes. They are not copied: the caller must not modify them while it uses this instance.</summary>
    public ReadOnlyMemory<byte> Payload => _payload;

    /// <summary>
    /// The reason of the refusal. If the event was refused, only this, <see cref="RefusalDetail"/> and <see cref="Payload"/> are meaningful.
    /// </summary>
    public RefusalReason Refusal { get; private set; }

    /// <summary>The refusal as a message for the developer of the publisher; empty if the event was accepted. Never contains text of the payload.</summary>
    public string RefusalDetail { get; private set; } = "";

    /// <summary>The event's name, unescaped.</summary>
    public ReadOnlySpan<byte> Name => Text(_slices.Name);

    /// <summary>The name as the publisher wrote it, a JSON string with its quotes.</summary>
    public ReadOnlySpan<byte> RawName => Raw(_slices.RawName);

    /// <summary>The entry for the name in <see cref="EventNames"/>; null for an unknown name.</summary>
    public KnownEvent? Known { get; set; }

    /// <summary>
    /// Whether this is a flat message of the Execution format: its data fields are in the envelope, and only <see cref="CopyDataTo"/> returns them as one
    /// object.
    /// </summary>
    public bool IsFlat { get; set; }

    /// <summary>Whether the publisher's envelope has a <c>data</c> object.</summary>
    public bool HasData => !_slices.Data.IsEmpty;

    /// <summary>The <c>data</c> object as written, or <c>{}</c> if there was none. Empty for flat messages, whose data is not contiguous.</summary>
    public ReadOnlySpan<byte> RawData => IsFlat ? [] : HasData ? Raw(_slices.Data) : "{}"u8;

    /// <summary>The timestamp as written, a JSON string with its quotes; empty if there was none.</summary>
    public ReadOnlySpan<byte> RawTimestamp => Raw(_slices.RawTimestamp);

    /// <summary>The timestamp in Unix milliseconds; 0 if there was none (see <see cref="RawTimestamp"/>).</summary>
    public long TimestampMs { get; set; }

    /// <summary>The envelope's <c>project_id</c> as written, a JSON string or integer; empty if there was none.</summary>
    public ReadOnlySpan<byte> RawProjectId => Raw(_slices.RawProjectId);

    /// <summary>The envelope's <c>node_id</c> as written, a JSON string; empty if there was none.</summary>
    public ReadOnlySpan<byte> RawNodeId => Raw(_slices.RawNodeId);

    /// <summary>The publisher's own <c>id</c> of the event as written, a JSON string or integer; empty if there was none.</summary>
    public ReadOnlySpan<byte> RawId => Raw(_slices.RawId);

    /// <summary>The publisher's own <c>id</c> of the event, unescaped, or the digits of an integer.</summary>
    public ReadOnlySpan<byte> Id => Text(_slices.Id);

    /// <summary>The publisher's name, unescaped. <see cref="Seq"/> is counted for each source.</summary>
    public ReadOnlySpan<byte> Source => Text(_slices.Source);

    /// <summary>The publisher's sequence number of the event; -1 if there was none.</summary>
    public long Seq { get; set; }

    /// <summary>
    /// Whether the event replies to a client's command. A reply goes only to the connection that sent the command and is not part of the stream.
    /// </summary>
    public bool IsReply => !_slices.RawReplyTo.IsEmpty;

    /// <summary>The <c>id</c> of the command that the event replies to, unescaped; empty if it is not a reply.</summary>
    public ReadOnlySpan<byte> ReplyTo => Text(_slices.ReplyTo);

    /// <summary><see cref="ReplyTo"/> as written, a JSON string with its quotes; empty if there was none.</summary>
    public ReadOnlySpan<byte> RawReplyTo => Raw(_slices.RawReplyTo);

    /// <summary>The W3C <c>traceparent</c> as written, a valid value in quotes; empty if there was none.</summary>
    public ReadOnlySpan<byte> RawTraceParent => Raw(_slices.RawTraceParent);

    /// <summary>Whether the envelope has a <c>traceparent</c> that is not valid. It counts as an ignored field.</summary>
    public bool HasUnusableTrace { get; set; }

    /// <summary>Routing key: the envelope's <c>project_id</c>, otherwise <c>data.project_id</c> or <c>data.projectId</c>; empty if there is none.</summary>
    public ReadOnlySpan<byte> ProjectId => Text(_slices.ProjectId.Length > 0 ? _slices.ProjectId : Keys.Project.Text);

    /// <summary>
    /// Routing key: <c>data.taskId</c>, otherwise <c>data.task_id</c>, otherwise <c>data.id</c> of the TaskTree format's task events; empty if there is none.
    /// </summary>
    public ReadOnlySpan<byte> TaskId => Text(Keys.Task.Text.Length > 0 ? Keys.Task.Text : DataId(DataIdKind.Task));

    /// <summary>
    /// Routing key: the envelope's <c>execution_id</c>, otherwise <c>data.execution_id</c> or <c>data.executionId</c>; empty if there is none.
    /// </summary>
    public ReadOnlySpan<byte> ExecutionId => Text(_slices.ExecutionId.Length > 0 ? _slices.ExecutionId : Keys.Execution.Text);

    /// <summary>The envelope's <c>node_id</c>, otherwise <c>data.node_id</c> or <c>data.nodeId</c>; empty if there is none.</summary>
    public ReadOnlySpan<byte> NodeId => Text(FirstOf(_slices.NodeId, Keys.Node, Keys.NodeAlternate));

    /// <summary>
    /// <c>data.agent_id</c>, otherwise <c>data.agentId</c>, otherwise <c>data.id</c> of the TaskTree format's agent events; empty if there is none.
    /// </summary>
    public ReadOnlySpan<byte> AgentId => Text(FirstOf(Keys.Agent, Keys.AgentAlternate, DataId(DataIdKind.Agent)));

    /// <summary>Number of envelope fields that are not forwarded to clients: unknown fields, an invalid trace, a timestamp too far ahead.</summary>
    public int IgnoredFields { get; set; }

    /// <summary>Number of bytes that <see cref="CopyDataTo"/> writes.</summary>
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

    /// <summary>The slices, filled by <see cref="EventDecoder"/>.</summary>
    internal ref EventSlices Slices => ref _slices;

    /// <summary>The buffer for unescaped text, used by <see cref="EventDecoder"/>.</summary>
    internal Span<byte> ScratchBytes => _scratch;

    private ReadOnlySpan<Slice> Members => _members.AsSpan(0, _memberCount);

    private ref DataKeys Keys => ref IsFlat ? ref _slices.InEnvelope : ref _slices.InData;

    /// <summary>Writes the data object, also for a flat message, and returns its length, <see cref="DataLength"/>.</summary>
    public int CopyDataTo(Span<byte> destination)
    {
        if (!IsFlat)
        {
            RawData.CopyTo(destination);
            return RawData.Length;
        }

        int offset = 0;
        destination[offset++] = (byte)'{';
        foreach (Slice member in Members)
        {
            if (offset > 1) destination[offset++] = (byte)',';
            Raw(member).CopyTo(destination[offset..]);
            offset += member.Length;
        }

        destination[offset++] = (byte)'}';
        return offset;
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
        HasUnusableTrace = false;
    }

    /// <summary>Records the refusal unless there is one already: the first fault in the document is the one to report.</summary>
    internal void Refuse(RefusalReason reason, string detail)
    {
        if (Refusal == RefusalReason.None) ReplaceRefusal(reason, detail);
    }

    /// <summary>Records the refusal, replacing an earlier one.</summary>
    internal void ReplaceRefusal(RefusalReason reason, string detail)
    {
        Refusal = reason;
        RefusalDetail = detail;
    }

    /// <summary>Records a member that is part of the data if the message is flat.</summary>
    internal void AddMember(int start, int end) => _members[_memberCount++] = new Slice(start, end - start);

    internal ReadOnlySpan<byte> Text(TextSlice text) => (text.InScratch ? _scratch : _payload).AsSpan(text.Offset, text.Length);

    private static TextSlice FirstOf(TextSlice first, TextSlice second, TextSlice third) => first.Length > 0 ? first : second.Length > 0 ? second : third;

    private TextSlice DataId(DataIdKind kind) => Known?.DataId == kind ? Keys.Id : default;

    private ReadOnlySpan<byte> Raw(Slice slice) => _payload.AsSpan(slice.Offset, slice.Length);
}
