namespace Cecelia.Relay.Contracts;

/// <summary>The statuses of a task in the Cecelia format. On the wire each is the member's name in lower case.</summary>
internal enum TaskStatus
{
    Queued,
    Running,
    Completed,
    Failed,
}

/// <summary>The statuses of an execution in the Execution format. On the wire each is the member's name in lower case.</summary>
internal enum ExecutionStatus
{
    Pending,
    Running,
    Completed,
    Failed,
}

/// <summary>The statuses of the link to Redis. On the wire each is the member's name in lower case.</summary>
internal enum LinkStatus
{
    Live,
    Degraded,
}
