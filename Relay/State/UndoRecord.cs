namespace Cecelia.Relay.State;

/// <summary>The meaning of an <see cref="UndoRecord"/>.</summary>
internal enum UndoKind
{
    /// <summary>The record has the entity as it was before its first change.</summary>
    Copy,

    /// <summary>The entity did not exist before its first change.</summary>
    Absent,

    /// <summary>The entity was removed without an event: because of a limit, or at the end of its retention time.</summary>
    Evicted,
}

/// <summary>
/// A record of an <see cref="UndoGeneration"/>: the lengths and the location of an entity's key, project, execution and JSON, which follow one another.
/// </summary>
/// <param name="What">The meaning of the record.</param>
/// <param name="Kind">The kind of the entity.</param>
/// <param name="IsTerminal">Whether its status was terminal.</param>
/// <param name="Chunk">Index of the chunk that has its bytes.</param>
/// <param name="Offset">Their offset in the chunk.</param>
/// <param name="KeyLength">Length of the key.</param>
/// <param name="ProjectLength">Length of the project id; 0 if it had none.</param>
/// <param name="ExecutionLength">Length of the execution id; 0 if it had none.</param>
/// <param name="JsonLength">Length of the JSON; 0 unless the record is a copy.</param>
/// <param name="Number">
/// Of a copy, the number of gaps up to the entity's last change; of an eviction, the number of the journal's newest entry at that time.
/// </param>
internal readonly record struct UndoRecord(
    UndoKind What,
    EntityKind Kind,
    bool IsTerminal,
    int Chunk,
    int Offset,
    int KeyLength,
    int ProjectLength,
    int ExecutionLength,
    int JsonLength,
    long Number);
