using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>Executions: System C's <c>status</c>, System D's <c>execution:*</c>, and token counts that belong to no node.</summary>
internal static class ExecutionReduction
{
    /// <summary><paramref name="byName"/> is the status that the event's name stands for; empty when it stands for none.</summary>
    public static void Apply(Reducer reducer, ReadOnlySpan<byte> byName)
    {
        ReductionInput arrival = reducer.Input;
        ReadOnlySpan<byte> given = default, progress = default, message = default, result = default, error = default, time = default;
        var members = new JsonMembers(arrival.Data);
        while (members.MoveNext())
        {
            if (members.IsNamed("status"u8)) given = members.Value;
            else if (members.IsNamed("progress"u8)) progress = members.Value;
            else if (members.IsNamed("message"u8)) message = members.Value;
            else if (members.IsNamed("result"u8)) result = members.Value;
            else if (members.IsNamed("error"u8)) error = members.Value;
            else if (members.IsNamed("execution_time"u8)) time = members.Value;
        }

        ReadOnlySpan<byte> status = EntityStatus.Of(given, arrival);
        if (status.IsEmpty) status = byName;
        Entity? entity = TryOpen(reducer, status, out bool changed);
        if (entity is null) return;

        reducer.SetValue(entity, "progress"u8, progress);
        reducer.SetValue(entity, "message"u8, message);
        reducer.SetValue(entity, "result"u8, result);
        reducer.SetValue(entity, "error"u8, error);
        reducer.SetValue(entity, "execution_time"u8, time);
        if (changed && entity.IsTerminal) entity.Json.Set("ended"u8, arrival.RawTime);
        else if (changed && status.SequenceEqual(EntityStatus.Running) && entity.Json.Get("started"u8).IsEmpty) entity.Json.Set("started"u8, arrival.RawTime);
        reducer.Close(entity);
    }

    /// <summary><c>execution:xxx</c>: the status is named behind the colon.</summary>
    public static void ApplyNamed(Reducer reducer)
    {
        ReadOnlySpan<byte> word = reducer.Input.Event.Name["execution:"u8.Length..];
        if (word.SequenceEqual("resumed"u8) || word.SequenceEqual("started"u8)) Apply(reducer, EntityStatus.Running);
        else if (word.IsEmpty || word.SequenceEqual("progress"u8)) Apply(reducer, default);
        else Apply(reducer, reducer.Input.QuotedStatus(word));
    }

    public static void ApplyUsage(Reducer reducer)
    {
        Entity? entity = TryOpen(reducer, default, out _);
        if (entity is null) return;
        reducer.Merge(entity, "usage"u8, reducer.Input.Data);
        reducer.Close(entity);
    }

    private static Entity? TryOpen(Reducer reducer, ReadOnlySpan<byte> status, out bool changed)
    {
        ReadOnlySpan<byte> id = reducer.Input.Event.ExecutionId;
        return reducer.TryOpen(EntityKind.Execution, id, id, status, default, isProgress: false, out changed);
    }
}
