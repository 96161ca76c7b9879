using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>Reduces executions: <c>status</c> (Execution format), <c>execution:*</c> (Workflow format), and token usage without a node.</summary>
internal static class ExecutionReduction
{
    /// <summary>
    /// Applies an event about an execution. <paramref name="impliedStatus"/> is the status that the event's name implies; empty if it implies none.
    /// </summary>
    public static void Apply(Reducer reducer, ReadOnlySpan<byte> impliedStatus)
    {
        ReductionInput input = reducer.Input;
        ReadOnlySpan<byte> given = default, progress = default, message = default, result = default, error = default, executionTime = default;
        var members = new JsonMembers(input.Data);
        while (members.MoveNext())
        {
            if (members.IsNamed("status"u8)) given = members.Value;
            else if (members.IsNamed("progress"u8)) progress = members.Value;
            else if (members.IsNamed("message"u8)) message = members.Value;
            else if (members.IsNamed("result"u8)) result = members.Value;
            else if (members.IsNamed("error"u8)) error = members.Value;
            else if (members.IsNamed("execution_time"u8)) executionTime = members.Value;
        }

        ReadOnlySpan<byte> status = EntityStatus.Of(given, input);
        if (status.IsEmpty) status = impliedStatus;
        Entity? entity = TryBeginUpdate(reducer, status, out bool changed);
        if (entity is null) return;

        reducer.SetValue(entity, "progress"u8, progress);
        reducer.SetValue(entity, "message"u8, message);
        reducer.SetValue(entity, "result"u8, result);
        reducer.SetValue(entity, "error"u8, error);
        reducer.SetValue(entity, "execution_time"u8, executionTime);
        if (changed && entity.IsTerminal) entity.Json.Set("ended"u8, input.RawTime);
        else if (changed && status.SequenceEqual(EntityStatus.Running) && entity.Json.Get("started"u8).IsEmpty) entity.Json.Set("started"u8, input.RawTime);
        reducer.EndUpdate(entity);
    }

    /// <summary>Applies an <c>execution:NAME</c> event, where <c>NAME</c> is the status.</summary>
    public static void ApplyNamed(Reducer reducer)
    {
        ReadOnlySpan<byte> name = reducer.Input.Event.Name["execution:"u8.Length..];
        if (name.SequenceEqual("resumed"u8) || name.SequenceEqual("started"u8)) Apply(reducer, EntityStatus.Running);
        else if (name.IsEmpty || name.SequenceEqual("progress"u8)) Apply(reducer, default);
        else Apply(reducer, reducer.Input.QuotedStatus(name));
    }

    public static void ApplyUsage(Reducer reducer)
    {
        Entity? entity = TryBeginUpdate(reducer, default, out _);
        if (entity is null) return;
        reducer.Merge(entity, "usage"u8, reducer.Input.Data);
        reducer.EndUpdate(entity);
    }

    private static Entity? TryBeginUpdate(Reducer reducer, ReadOnlySpan<byte> status, out bool changed)
    {
        ReadOnlySpan<byte> id = reducer.Input.Event.ExecutionId;
        return reducer.TryBeginUpdate(EntityKind.Execution, id, id, status, default, isProgress: false, out changed);
    }
}
