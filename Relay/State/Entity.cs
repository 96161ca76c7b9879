using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// One task, execution, node and so on: its JSON, as in a snapshot, and the values that are used too often to be parsed from the JSON. All of them can be
/// restored from the JSON, which is the only part that a handoff transfers. Owned by an <see cref="EntitySet"/>, and only that moves it between its lists.
/// </summary>
internal sealed class Entity(EntityKind kind, byte[] key)
{
    /// <summary>The value of <see cref="SeenMs"/> if no publisher has given a timestamp.</summary>
    public const long Undated = long.MinValue;

    /// <summary>Memory of an entity beside its JSON, in bytes: this object, its record, the headers of their arrays, and the dictionary's entry.</summary>
    private const int OverheadBytes = 360;

    public EntityKind Kind { get; } = kind;

    /// <summary>The key, unique within the kind; see <see cref="EntityKeys"/>.</summary>
    public byte[] Key { get; } = key;

    public JsonRecord Json { get; } = new();

    /// <summary>The latest timestamp given by a publisher, in Unix milliseconds, or <see cref="Undated"/>.</summary>
    public long SeenMs { get; set; } = Undated;

    /// <summary>The sequence number of the last event within its source; -1 if it had none.</summary>
    public long Seq { get; set; } = -1;

    /// <summary>Time at which the last event was received, in Unix milliseconds.</summary>
    public long ReceivedMs { get; set; } = Undated;

    /// <summary>Whether the status is terminal. Terminal entities are evicted first.</summary>
    public bool IsTerminal { get; set; }

    /// <summary>Of a task: its phase.</summary>
    public TaskPhase Phase { get; set; }

    /// <summary>The time of the event that began the phase, in Unix milliseconds, or <see cref="Undated"/> if that is not known.</summary>
    public long PhaseSinceMs { get; set; } = Undated;

    /// <summary>Number of entries in the list of changes.</summary>
    public int Changes { get; set; }

    /// <summary>Number of gaps up to the last change of the entity. Used by <see cref="EntitySet"/>.</summary>
    internal long GapsSeen { get; set; }

    /// <summary>The generation of the last undo copy; 0 if there is none. Used by <see cref="UndoCopies"/>.</summary>
    internal int Generation { get; set; }

    /// <summary>The project, according to the last event that names one; empty if there is none.</summary>
    public byte[] ProjectId { get; set; } = [];

    /// <summary>Bytes counted for the entity at present. Used by <see cref="EntitySet"/>.</summary>
    public int CountedBytes { get; set; }

    /// <summary>The list that contains the entity; with <see cref="Older"/> and <see cref="Newer"/>, its links. Used by <see cref="EntitySet"/>.</summary>
    internal EntityList? List { get; set; }

    internal Entity? Older { get; set; }

    internal Entity? Newer { get; set; }

    /// <summary>The execution's group; with <see cref="PreviousInGroup"/> and <see cref="NextInGroup"/>, its links. Used by <see cref="EntitySet"/>.</summary>
    internal ExecutionGroup? Group { get; set; }

    internal Entity? PreviousInGroup { get; set; }

    internal Entity? NextInGroup { get; set; }

    public int Count() => OverheadBytes + Json.CountedBytes + Key.Length + ProjectId.Length;

    /// <summary>
    /// Returns the order of the event relative to the last one of this entity: by sequence number within one source, otherwise by the publishers' timestamps.
    /// A smaller sequence number with a later timestamp is newer: the publisher has restarted its numbering, and its events must not be treated as late until
    /// they reach the old number.
    /// </summary>
    /// <remarks>
    /// <para>Example: the last event was number 7 of source <c>brain-1</c>, and the latest timestamp is 10:00:05.</para>
    /// <list type="bullet">
    /// <item>Number 8 of <c>brain-1</c> at 10:00:04 is newer: the number is greater, and the clock is not used.</item>
    /// <item>Number 6 of <c>brain-1</c> at 10:00:05 is older, and number 7 is a duplicate, which counts as older.</item>
    /// <item>Number 1 of <c>brain-1</c> at 10:00:09 is newer: the numbering was restarted.</item>
    /// <item>Number 3 of <c>brain-2</c> at 10:00:04 is older: numbers of different sources cannot be compared, so the timestamps are.</item>
    /// <item>An event of <c>brain-2</c> at 10:00:05 has the same time, and the order of one without a timestamp is unknown: the order of arrival
    /// decides.</item>
    /// </list>
    /// </remarks>
    public EventOrder OrderOf(ReductionInput input)
    {
        DecodedEvent e = input.Event;
        bool isDated = SeenMs != Undated && !e.RawTimestamp.IsEmpty;
        if (e.Seq >= 0 && Seq >= 0 && input.RawSource.Length > 0 && input.RawSource.SequenceEqual(Json.Get("source"u8)))
            return e.Seq > Seq || (e.Seq < Seq && isDated && e.TimestampMs > SeenMs) ? EventOrder.Newer : EventOrder.Older;
        if (!isDated) return EventOrder.Unknown;
        return e.TimestampMs == SeenMs ? EventOrder.Same : e.TimestampMs > SeenMs ? EventOrder.Newer : EventOrder.Older;
    }
}

/// <summary>The order of an event relative to the last event of an entity.</summary>
internal enum EventOrder
{
    /// <summary>The event is earlier than the last one, or a duplicate of it.</summary>
    Older,

    /// <summary>Both have the same timestamp, in milliseconds. The order of arrival decides.</summary>
    Same,

    /// <summary>The event is later than the last one.</summary>
    Newer,

    /// <summary>One of them has no timestamp. The order of arrival decides.</summary>
    Unknown,
}
