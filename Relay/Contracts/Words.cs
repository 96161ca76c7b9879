namespace Cecelia.Relay.Contracts;

/// <summary>System A's statuses of a task. The wire's word is the member's name in lower case.</summary>
internal enum TaskStatus
{
    Queued,
    Running,
    Completed,
    Failed,
}

/// <summary>System C's statuses of an execution. The wire's word is the member's name in lower case.</summary>
internal enum ExecutionStatus
{
    Pending,
    Running,
    Completed,
    Failed,
}

/// <summary>Whether events arrive from Redis. The wire's word is the member's name in lower case.</summary>
internal enum LinkStatus
{
    Live,
    Degraded,
}
