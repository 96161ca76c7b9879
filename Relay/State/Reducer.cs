using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>
/// What the reductions of all kinds have in common: whether an event may move an entity at all, its ids, its status, its times, its bounds. A
/// reduction calls <see cref="TryOpen"/>, sets what is its own, and calls <see cref="Close"/>. One thread at a time; the counters may be read from any.
/// </summary>
internal sealed class Reducer(EntitySet set, StateOptions options)
{
    /// <summary>Largest merged object of an entity, and largest single value, in bytes: a quarter of the largest event, and a board with thousands of tasks still fits.</summary>
    public const int MaxMergedBytes = 64 * 1024;

    /// <summary>Most fields of a merged object. Tasks have ten or twenty; each is looked up one after the other.</summary>
    public const int MaxMergedFields = 256;

    private long _stale;
    private long _truncated;

    /// <summary>The entities; replaced by those of another instance before the first event.</summary>
    public EntitySet Set { get; set; } = set;

    public StateOptions Options { get; } = options;

    public ReductionInput Input { get; } = new();

    public long Stale => Volatile.Read(ref _stale);

    public long Truncated => Volatile.Read(ref _truncated);

    /// <summary>
    /// Finds or makes the entity and sets its ids and status; null, and counted, when the event came too late to change anything. A status that is
    /// not terminal takes a terminal entity back to life only when the event is known to be newer, or nothing is known. Where the event gives none,
    /// an entity that has none yet gets <paramref name="ifNone"/>. <paramref name="isProgress"/>: the event only reports on work under way, and
    /// can never bring back what is over.
    /// </summary>
    public Entity? TryOpen(EntityKind kind, ReadOnlySpan<byte> key, ReadOnlySpan<byte> id, ReadOnlySpan<byte> status, ReadOnlySpan<byte> ifNone, bool isProgress, out bool changed)
    {
        changed = false;
        Entity? entity = Set.Find(kind, key);
        if (entity is null)
        {
            entity = Set.Add(kind, key);
            entity.Json.Set("id"u8, Input.Quoted(id));
        }
        else if (IsStale(entity, status, isProgress))
        {
            return null;
        }

        SetOwners(entity);
        ReadOnlySpan<byte> present = entity.Json.Get("status"u8);
        if (status.IsEmpty && present.IsEmpty) status = ifNone;
        if (!status.IsEmpty && !status.SequenceEqual(present))
        {
            SetStatus(entity, status);
            changed = true;
        }

        return entity;
    }

    /// <summary>Whether the event came too late for the entity; counts it then.</summary>
    public bool IsStale(Entity entity, ReadOnlySpan<byte> status, bool isProgress)
    {
        EventOrder order = entity.OrderOf(Input);
        bool stale = order == EventOrder.Older;
        if (!stale && entity.IsTerminal && !EntityStatus.IsTerminal(status))
            stale = isProgress || (!status.IsEmpty && order == EventOrder.Same);
        if (stale) Volatile.Write(ref _stale, _stale + 1);
        return stale;
    }

    /// <summary>Notes when the entity was changed and by which event, and files it anew.</summary>
    public void Close(Entity entity)
    {
        DecodedEvent e = Input.Event;
        JsonRecord json = entity.Json;
        if (!e.RawTimestamp.IsEmpty && (entity.SeenMs == Entity.Undated || e.TimestampMs >= entity.SeenMs))
        {
            if (entity.SeenMs == Entity.Undated) json.Remove("undated"u8);
            entity.SeenMs = e.TimestampMs;
            json.Set("timestamp"u8, e.RawTimestamp);
        }
        else if (entity.SeenMs == Entity.Undated)
        {
            json.Set("timestamp"u8, Input.RawReceived);
            json.Set("undated"u8, "true"u8);
        }

        if (entity.ReceivedMs != Input.NowMs)
        {
            entity.ReceivedMs = Input.NowMs;
            json.Set("received"u8, Input.RawReceived);
        }

        SetSource(entity, e.Seq);
        Set.Changed(entity);
    }

    /// <summary>Merges the object into the entity's section of that name, or marks the entity as truncated.</summary>
    public void Merge(Entity entity, ReadOnlySpan<byte> section, ReadOnlySpan<byte> data)
    {
        if (!entity.Json.TryMerge(section, data, MaxMergedBytes, MaxMergedFields)) MarkTruncated(entity);
    }

    /// <summary>Sets the member to a value of the event's data, unless that is absent (null is not) or too large.</summary>
    public void SetValue(Entity entity, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return;
        if (value.Length <= MaxMergedBytes) entity.Json.Set(name, value);
        else MarkTruncated(entity);
    }

    public void MarkTruncated(Entity entity)
    {
        entity.Json.Set("truncated"u8, "true"u8);
        Volatile.Write(ref _truncated, _truncated + 1);
    }

    private static void SetStatus(Entity entity, ReadOnlySpan<byte> status)
    {
        bool terminal = EntityStatus.IsTerminal(status);
        if (entity.IsTerminal && !terminal)
        {
            // It begins anew: what the last attempt came to is not true of this one.
            entity.Json.Remove("progress"u8);
            entity.Json.Remove("result"u8);
            entity.Json.Remove("error"u8);
            entity.Json.Remove("execution_time"u8);
            entity.Json.Remove("started"u8);
            entity.Json.Remove("ended"u8);
        }

        entity.Json.Set("status"u8, status);
        entity.IsTerminal = terminal;
    }

    private void SetOwners(Entity entity)
    {
        DecodedEvent e = Input.Event;
        if (!e.ProjectId.IsEmpty && entity.Kind != EntityKind.Project && !e.ProjectId.SequenceEqual(entity.ProjectId))
        {
            entity.ProjectId = e.ProjectId.ToArray();
            entity.Json.Set("project_id"u8, Input.Quoted(e.ProjectId));
        }

        if (e.ExecutionId.IsEmpty || (entity.Group is { } group && e.ExecutionId.SequenceEqual(group.ExecutionId))) return;
        Set.SetExecution(entity, e.ExecutionId);
        if (entity.Kind != EntityKind.Execution) entity.Json.Set("execution_id"u8, Input.Quoted(e.ExecutionId));
    }

    private void SetSource(Entity entity, long seq)
    {
        JsonRecord json = entity.Json;
        if (Input.RawSource.IsEmpty) json.Remove("source"u8);
        else json.Set("source"u8, Input.RawSource);
        if (seq == entity.Seq) return;

        entity.Seq = seq;
        if (seq < 0) json.Remove("seq"u8);
        else json.Set("seq"u8, seq);
    }
}
