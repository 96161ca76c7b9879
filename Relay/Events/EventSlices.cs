namespace Cecelia.Relay.Events;

/// <summary>Slices of an event's payload. Filled by <see cref="EventDecoder"/>, read by <see cref="DecodedEvent"/>.</summary>
internal struct EventSlices
{
    /// <summary>The name; <see cref="RawName"/> is its JSON string with the quotes.</summary>
    public TextSlice Name;
    public Slice RawName;
    public Slice Data;
    public Slice RawTimestamp;
    public Slice RawProjectId;
    public Slice RawNodeId;
    public Slice RawId;
    public Slice RawReplyTo;
    public Slice RawTraceParent;
    public TextSlice ProjectId;
    public TextSlice NodeId;
    public TextSlice ExecutionId;
    public TextSlice Id;
    public TextSlice Source;
    public TextSlice ReplyTo;

    /// <summary>Keys and faults of the members of <c>data</c>.</summary>
    public DataKeys InData;

    /// <summary>Keys and faults of the members of the envelope, used for a flat message.</summary>
    public DataKeys InEnvelope;
}

/// <summary>The routing keys and faults found among the members of one object.</summary>
internal struct DataKeys
{
    public DataKey Task;
    public DataKey Project;
    public DataKey Execution;

    /// <summary>Ids that only some events have. Both spellings are kept: the alternative one is used if the primary one is not an id.</summary>
    public TextSlice Node;
    public TextSlice NodeAlternate;
    public TextSlice Agent;
    public TextSlice AgentAlternate;
    public TextSlice Id;
    public DataFaults Faults;
}

/// <summary>
/// A routing key with two spellings. The primary spelling takes precedence, regardless of the order of the members. Of several members with the same
/// spelling the last one is used, as by <c>JSON.parse</c>.
/// </summary>
internal struct DataKey
{
    public TextSlice Text;
    public bool IsPrimary;

    public void Set(TextSlice text, bool isPrimary)
    {
        if (IsPrimary && !isPrimary) return;
        Text = text;
        IsPrimary = isPrimary;
    }
}

/// <summary>Offsets in the scratch buffer. Each text that may need unescaping has its own range, so that none overwrites another.</summary>
internal static class Scratch
{
    public const int Event = 0;
    public const int Type = Event + EventLimits.NameBytes;
    public const int ProjectId = Type + EventLimits.NameBytes;
    public const int NodeId = ProjectId + EventLimits.KeyBytes;
    public const int ExecutionId = NodeId + EventLimits.KeyBytes;
    public const int Id = ExecutionId + EventLimits.KeyBytes;
    public const int Source = Id + EventLimits.KeyBytes;
    public const int ReplyTo = Source + EventLimits.KeyBytes;

    /// <summary>Five keys in two spellings, and <c>id</c>: an unused alternative spelling must not overwrite the primary one.</summary>
    public const int InData = ReplyTo + EventLimits.KeyBytes;
    public const int InEnvelope = InData + (11 * EventLimits.KeyBytes);
    public const int Length = InEnvelope + (11 * EventLimits.KeyBytes);
}
