namespace Cecelia.Relay.State;

/// <summary>
/// Finds running tasks and executions without a recent event (PROTOCOL.md, <i>Silent work</i>). Derived from the times of receipt whenever the state is read:
/// nothing is stored, so that an instance that took over the state has the same result.
/// </summary>
internal static class SilentWork
{
    /// <summary>Returns whether entities of the kind can be silent.</summary>
    public static bool CanBeSilent(EntityKind kind) => kind is EntityKind.Task or EntityKind.Execution;

    /// <summary>Returns whether the work is running and its last event was received at <paramref name="beforeMs"/> or earlier.</summary>
    /// <param name="entity">An entity of any kind.</param>
    /// <param name="beforeMs">Unix milliseconds; <see cref="long.MinValue"/>: nothing is silent.</param>
    /// <param name="since">The time of the last event, as a JSON string. Valid until the next change of the state.</param>
    public static bool IsSilent(Entity entity, long beforeMs, out ReadOnlySpan<byte> since)
    {
        since = default;
        if (entity.ReceivedMs > beforeMs || beforeMs == long.MinValue || entity.IsTerminal || !CanBeSilent(entity.Kind)) return false;
        if (!EntityStatus.IsRunning(entity.Json.Get("status"u8))) return false;
        Entity last = entity;
        if (entity.Kind == EntityKind.Execution)
        {
            // An event about a node or a task of the execution is one of the execution.
            for (Entity? part = entity.Group?.First; part is not null; part = part.NextInGroup)
            {
                if (part.ReceivedMs > beforeMs) return false;
                if (part.ReceivedMs > last.ReceivedMs) last = part;
            }
        }

        since = last.Json.Get("received"u8);
        return true;
    }
}
