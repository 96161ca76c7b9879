namespace Cecelia.Relay.Events;

/// <summary>
/// Faults in the fields of <c>data</c>. They are recorded while parsing, when the event's name may not have been read yet (the members of a JSON object
/// have no order). Afterwards <see cref="KnownEvent.Checks"/> selects those that apply to the event.
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

    /// <summary>Faults of the routing keys, which are checked for every event.</summary>
    RoutingKeys = TaskIdText | ProjectIdText | ExecutionIdText,

    /// <summary>Faults that <c>task:*</c> events are checked for.</summary>
    TaskEvent = TaskIdType | RunIdType | TaskStatus | Progress,

    /// <summary>Faults that <c>executor:status</c> is checked for.</summary>
    ExecutorEvent = ActiveCount | AvailableSlots,

    /// <summary>Faults that the <c>status</c> event of the Execution format is checked for.</summary>
    ExecutionEvent = ExecutionStatus | Progress | ExecutionIdType,
}

/// <summary>Maps each fault to a message for the developer of the publisher.</summary>
internal static class DataFaultDetails
{
    /// <summary>Returns the message for the lowest fault in <paramref name="faults"/>, which must not be <see cref="DataFaults.None"/>.</summary>
    public static string Of(DataFaults faults) => (faults & (DataFaults)(-(int)faults)) switch
    {
        DataFaults.TaskIdType => "data.taskId must be a string",
        DataFaults.RunIdType => "data.runId must be a string",
        DataFaults.TaskStatus => "data.status must be queued, running, completed or failed",
        DataFaults.ExecutionStatus => "data.status must be pending, running, completed or failed",
        DataFaults.Progress => "data.progress must be a number from 0 to 100",
        DataFaults.ActiveCount => "data.activeCount must be a non-negative integer",
        DataFaults.AvailableSlots => "data.availableSlots must be a non-negative integer",
        DataFaults.ExecutionIdType => "data.execution_id must be a string or an integer",
        DataFaults.TaskIdText => "data.taskId must be valid text of at most 256 bytes",
        DataFaults.ProjectIdText => "data.project_id must be valid text of at most 256 bytes",
        DataFaults.ExecutionIdText => "data.execution_id must be valid text of at most 256 bytes",
        _ => throw new ArgumentOutOfRangeException(nameof(faults), faults, "not a single fault"),
    };
}
