using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// One task, execution, node and so on: its JSON, as a snapshot shows it, and what is looked up too often to be read from that. All of it can be made
/// again from the JSON, which is what a handoff carries. Owned by an <see cref="EntitySet"/>, which alone moves it between its lists.
/// </summary>
internal sealed class Entity(EntityKind kind, byte[] key)
{
    /// <summary><see cref="SeenMs"/> of an entity that no publisher has dated.</summary>
    public const long Undated = long.MinValue;

    /// <summary>Charged for each beside its JSON, in bytes: this object, the record's, the headers of their arrays, and the dictionary's entry.</summary>
    private const int OverheadBytes = 360;

    public EntityKind Kind { get; } = kind;

    /// <summary>Unique within its kind; see <see cref="EntityKeys"/>.</summary>
    public byte[] Key { get; } = key;

    public JsonRecord Json { get; } = new();

    /// <summary>The newest time that a publisher gave, in milliseconds since 1970, or <see cref="Undated"/>.</summary>
    public long SeenMs { get; set; } = Undated;

    /// <summary>The last event's number within its source; -1 when it had none.</summary>
    public long Seq { get; set; } = -1;

    /// <summary>When the last event was received, in milliseconds since 1970.</summary>
    public long ReceivedMs { get; set; } = Undated;

    /// <summary>Its status is one that ends it: the first to go when room is needed.</summary>
    public bool IsTerminal { get; set; }

    /// <summary>Entries in its list of changes.</summary>
    public int Changes { get; set; }

    /// <summary>For <see cref="EntitySet"/>: how many gaps had been noted when it was last changed.</summary>
    internal long GapsSeen { get; set; }

    /// <summary>The project it was last seen in; empty when none.</summary>
    public byte[] ProjectId { get; set; } = [];

    /// <summary>For <see cref="EntitySet"/>: what is charged for it now.</summary>
    public int CountedBytes { get; set; }

    /// <summary>For <see cref="EntitySet"/>: its neighbours in order of change.</summary>
    internal EntityList? List { get; set; }

    internal Entity? Older { get; set; }

    internal Entity? Newer { get; set; }

    /// <summary>For <see cref="EntitySet"/>: the others of its execution.</summary>
    internal ExecutionGroup? Group { get; set; }

    internal Entity? PreviousInGroup { get; set; }

    internal Entity? NextInGroup { get; set; }

    public int Count() => OverheadBytes + Json.CountedBytes + Key.Length + ProjectId.Length;

    /// <summary>
    /// How the event stands to what this has seen: by number within one source, else by the publishers' times. A smaller number with a newer time is
    /// newer: the publisher began to count anew, and must not be held for late until it has caught up with itself.
    /// </summary>
    public EventOrder OrderOf(ReductionInput arrival)
    {
        DecodedEvent e = arrival.Event;
        bool isDated = SeenMs != Undated && !e.RawTimestamp.IsEmpty;
        if (e.Seq >= 0 && Seq >= 0 && arrival.RawSource.Length > 0 && arrival.RawSource.SequenceEqual(Json.Get("source"u8)))
            return e.Seq > Seq || (e.Seq < Seq && isDated && e.TimestampMs > SeenMs) ? EventOrder.Newer : EventOrder.Older;
        if (!isDated) return EventOrder.Unknown;
        return e.TimestampMs == SeenMs ? EventOrder.Same : e.TimestampMs > SeenMs ? EventOrder.Newer : EventOrder.Older;
    }
}

/// <summary>How an event stands to what an entity has seen.</summary>
internal enum EventOrder
{
    /// <summary>Before it, or the very same event once more.</summary>
    Older,

    /// <summary>At the same millisecond: order of arrival decides.</summary>
    Same,

    Newer,

    /// <summary>One of both has no time: order of arrival decides.</summary>
    Unknown,
}
