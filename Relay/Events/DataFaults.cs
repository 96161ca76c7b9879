namespace Cecelia.Relay.Events;

/// <summary>
/// What was found wrong with the fields of <c>data</c>. They are noted while reading, when the event's name may not be known yet (JSON has no
/// order); afterwards <see cref="KnownEvent.Checks"/> says which of them matter.
/// </summary>
[Flags]
internal enum DataFaults
{
    None = 0,
    TaskIdType = 1 << 0,
    RunIdType = 1 << 1,
    TaskStatus = 1 << 2,
    ExecutionStatus = 1 << 3,
    Progress = 1 << 4,
    ActiveCount = 1 << 5,
    AvailableSlots = 1 << 6,
    ExecutionIdType = 1 << 7,
    TaskIdText = 1 << 8,
    ProjectIdText = 1 << 9,
    ExecutionIdText = 1 << 10,

    /// <summary>Faults of the ids by which every event is routed, whatever its name.</summary>
    OfKeys = TaskIdText | ProjectIdText | ExecutionIdText,

    /// <summary>Checks of <c>task:*</c>.</summary>
    OfTask = TaskIdType | RunIdType | TaskStatus | Progress,

    /// <summary>Checks of <c>executor:status</c>.</summary>
    OfExecutor = ActiveCount | AvailableSlots,

    /// <summary>Checks of System C's <c>status</c>.</summary>
    OfExecution = ExecutionStatus | Progress | ExecutionIdType,
}

/// <summary>The sentence for each fault, for the person who has to mend the publisher.</summary>
internal static class DataFaultDetails
{
    /// <summary>The sentence for the lowest fault in <paramref name="faults"/>, which must not be none.</summary>
    public static string Of(DataFaults faults) => (faults & (DataFaults)(-(int)faults)) switch
    {
        DataFaults.TaskIdType => "data.taskId must be a string",
        DataFaults.RunIdType => "data.runId must be a string",
        DataFaults.TaskStatus => "data.status must be queued, running, completed or failed",
        DataFaults.ExecutionStatus => "data.status must be pending, running, completed or failed",
        DataFaults.Progress => "data.progress must be a number from 0 to 100",
        DataFaults.ActiveCount => "data.activeCount must be an integer of 0 or more",
        DataFaults.AvailableSlots => "data.availableSlots must be an integer of 0 or more",
        DataFaults.ExecutionIdType => "data.execution_id must be a string or an integer",
        DataFaults.TaskIdText => "data.taskId must be valid text of at most 256 bytes",
        DataFaults.ProjectIdText => "data.project_id must be valid text of at most 256 bytes",
        DataFaults.ExecutionIdText => "data.execution_id must be valid text of at most 256 bytes",
        _ => throw new ArgumentOutOfRangeException(nameof(faults), faults, "no single fault"),
    };
}
