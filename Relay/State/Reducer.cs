using Cecelia.Relay.Events;
using Cecelia.Relay.Minutes;

namespace Cecelia.Relay.State;

/// <summary>
/// The part that the reductions of all kinds share: whether an event may change an entity, and its ids, status, times and limits. A reduction calls
/// <see cref="TryBeginUpdate"/>, sets its own members, and calls <see cref="EndUpdate"/>. Used by one thread at a time; the counters may be read from any
/// thread.
/// </summary>
/// <remarks>
/// <para>Events may arrive late, twice, or without a timestamp. Example for a task, with the event's status and the result:</para>
/// <list type="number">
/// <item>10:00:00 <c>queued</c>: the task is created.</item>
/// <item>10:00:02 <c>completed</c>: it is newer, so the status changes.</item>
/// <item>10:00:01 <c>running</c>: it is older than 10:00:02, so it is stale: counted, and nothing changes.</item>
/// <item>10:00:02 <c>running</c>: it has the same timestamp. A terminal status takes precedence, so the event is stale.</item>
/// <item>10:00:03 <c>task:progress</c>: it is newer, but progress cannot reactivate a terminal entity, so it is stale.</item>
/// <item>10:00:04 <c>running</c>: it is newer, so the task was restarted. The status changes, and the result of the first attempt is removed.</item>
/// <item>Without timestamp, <c>completed</c>: the order is unknown, so the order of arrival counts, and the status changes.</item>
/// </list>
/// <para>The order itself is described at <see cref="Entity.OrderOf"/>.</para>
/// </remarks>
internal sealed class Reducer(EntitySet set, StateOptions options)
{
    /// <summary>
    /// Maximum size of a merged object and of a single value of an entity, in bytes: a quarter of the largest event, and enough for a board with thousands of
    /// tasks.
    /// </summary>
    public const int MaxMergedBytes = 64 * 1024;

    /// <summary>Maximum number of fields of a merged object. Tasks have ten or twenty; lookups are linear.</summary>
    public const int MaxMergedFields = 256;

    private long _stale;
    private long _truncated;

    /// <summary>The entities. Replaced by those of another instance before the first event.</summary>
    public EntitySet Set { get; set; } = set;

    public StateOptions Options { get; } = options;

    /// <summary>The minutes, in which changes of tasks are counted. Replaced together with the entities.</summary>
    public MinuteTable Minutes { get; set; } = new();

    public ReductionInput Input { get; } = new();

    public long Stale => Volatile.Read(ref _stale);

    public long Truncated => Volatile.Read(ref _truncated);

    /// <summary>
    /// Finds or creates the entity and sets its ids and status. Returns null, and counts the event, if it is stale. A non-terminal status reactivates a
    /// terminal entity only if the event is newer or the order is unknown. If the event gives no status, an entity without one gets
    /// <paramref name="defaultStatus"/>. An event with <paramref name="isProgress"/> only reports on work in progress and never reactivates a terminal entity.
    /// </summary>
    public Entity? TryBeginUpdate(
        EntityKind kind,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> id,
        ReadOnlySpan<byte> status,
        ReadOnlySpan<byte> defaultStatus,
        bool isProgress,
        out bool changed)
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
        else
        {
            Set.Touch(entity);
        }

        SetOwners(entity);
        ReadOnlySpan<byte> present = entity.Json.Get("status"u8);
        if (status.IsEmpty && present.IsEmpty) status = defaultStatus;
        if (!status.IsEmpty && !status.SequenceEqual(present))
        {
            SetStatus(entity, status);
            changed = true;
        }

        return entity;
    }

    /// <summary>Returns whether the event is too old to change the entity, and counts it if so.</summary>
    public bool IsStale(Entity entity, ReadOnlySpan<byte> status, bool isProgress)
    {
        EventOrder order = entity.OrderOf(Input);
        bool stale = order == EventOrder.Older;
        if (!stale && entity.IsTerminal && !EntityStatus.IsTerminal(status))
            stale = isProgress || (!status.IsEmpty && order == EventOrder.Same);
        if (stale) Volatile.Write(ref _stale, _stale + 1);
        return stale;
    }

    /// <summary>Sets the times, source and sequence number of the event, and updates the entity in its set.</summary>
    public void EndUpdate(Entity entity)
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

    /// <summary>Merges the object into a section of the entity, or marks the entity as truncated if it is too large.</summary>
    public void Merge(Entity entity, ReadOnlySpan<byte> section, ReadOnlySpan<byte> data)
    {
        if (!entity.Json.TryMerge(section, data, MaxMergedBytes, MaxMergedFields)) MarkTruncated(entity);
    }

    /// <summary>
    /// Sets the member to a value of the event's data. Does nothing if the value is absent; marks the entity as truncated if it is too large. JSON null is a
    /// value.
    /// </summary>
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
            // The work was restarted: the results of the previous attempt no longer apply.
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
