namespace Cecelia.Relay.Events;

/// <summary>Where the parts of an event lie in its payload. <see cref="EventDecoder"/> fills it, <see cref="DecodedEvent"/> reads from it.</summary>
internal struct EventSlices
{
    /// <summary>The name, and its JSON string with the quotes.</summary>
    public TextSlice Name;
    public Slice RawName;
    public Slice Data;
    public Slice RawTimestamp;
    public Slice RawProjectId;
    public Slice RawNodeId;
    public Slice RawId;
    public Slice RawReplyTo;
    public TextSlice ProjectId;
    public TextSlice NodeId;
    public TextSlice ExecutionId;
    public TextSlice Id;
    public TextSlice Source;
    public TextSlice ReplyTo;

    /// <summary>What was found in <c>data</c>.</summary>
    public DataKeys InData;

    /// <summary>What was found beside it, for a flat message.</summary>
    public DataKeys InEnvelope;
}

/// <summary>The routing keys and faults found among the members of one object.</summary>
internal struct DataKeys
{
    public DataKey Task;
    public DataKey Project;
    public DataKey Execution;

    /// <summary>Ids that only some events have. Each spelling is kept apart: a second one counts where the first is not an id.</summary>
    public TextSlice Node;
    public TextSlice NodeSecond;
    public TextSlice Agent;
    public TextSlice AgentSecond;
    public TextSlice Id;
    public DataFaults Faults;
}

/// <summary>
/// A routing key that has two spellings: the first one wins over the second wherever they stand, and of the same spelling the last one, as in
/// JSON.parse.
/// </summary>
internal struct DataKey
{
    public TextSlice Text;
    public bool FirstSpelling;

    public void Set(TextSlice text, bool firstSpelling)
    {
        if (FirstSpelling && !firstSpelling) return;
        Text = text;
        FirstSpelling = firstSpelling;
    }
}

/// <summary>Each text that may have to be unescaped has a place of its own in the scratch, so none can push out another.</summary>
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

    /// <summary>Five keys in two spellings, and <c>id</c>: a second spelling that loses must not overwrite the first.</summary>
    public const int InData = ReplyTo + EventLimits.KeyBytes;
    public const int InEnvelope = InData + (11 * EventLimits.KeyBytes);
    public const int Length = InEnvelope + (11 * EventLimits.KeyBytes);
}
