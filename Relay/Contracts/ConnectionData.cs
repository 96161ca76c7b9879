using System.ComponentModel;
using System.Text.Json.Serialization;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Contracts;

[Description("The open connections, as in the response to GET /api/v1/connections.")]
internal sealed record ConnectionsResponse : InstancesResponse
{
    [Description("The answers.")]
    public required IReadOnlyList<InstanceConnections> Instances { get; init; }
}

[Description("The open connections of one instance.")]
internal sealed record InstanceConnections
{
    [Description("Name of the instance.")]
    public required string Instance { get; init; }

    [Description("Number of open connections.")]
    public required int Open { get; init; }

    [Description("The connections, first those that are furthest behind.")]
    public required IReadOnlyList<OpenConnection> Connections { get; init; }

    [Description("Number of connections that are not listed.")]
    public required int More { get; init; }
}

[Description("An open connection.")]
internal sealed record OpenConnection : ConnectionOriginData
{
    [Description("True if messages are compressed.")]
    public required bool Compressed { get; init; }

    [Description("The filter; empty if every event matches.")]
    public required ConnectionFilter Filter { get; init; }

    [Description("When it was opened.")]
    public required Timestamp Since { get; init; }

    [Description("How far the client is behind.")]
    public required ConnectionLag Lag { get; init; }

    [Description("Number of messages that its transport accepted.")]
    public required long Delivered { get; init; }

    [Description("Number of events that the client lost because it was too slow.")]
    public required long Skipped { get; init; }

    [Description("How often it continued elsewhere: after a hello, after it fell behind, or with another instance's state.")]
    public required int Resumes { get; init; }

    [Description("Why it is being closed.")]
    public CloseReason Closing { get; init; }
}

[Description("The first values of each part of a filter. Parts that match everything are absent.")]
internal sealed record ConnectionFilter
{
    [Description("Projects.")]
    public IReadOnlyList<string> Project { get; init; } = [];

    [JsonPropertyName("project_more")]
    [Description("Number of projects that are not listed.")]
    public int ProjectMore { get; init; }

    [Description("Tasks.")]
    public IReadOnlyList<string> Task { get; init; } = [];

    [JsonPropertyName("task_more")]
    [Description("Number of tasks that are not listed.")]
    public int TaskMore { get; init; }

    [Description("Executions.")]
    public IReadOnlyList<string> Execution { get; init; } = [];

    [JsonPropertyName("execution_more")]
    [Description("Number of executions that are not listed.")]
    public int ExecutionMore { get; init; }

    [Description("Event names and prefixes.")]
    public IReadOnlyList<string> Events { get; init; } = [];

    [JsonPropertyName("events_more")]
    [Description("Number of names that are not listed.")]
    public int EventsMore { get; init; }
}

[Description("What the outbound buffer has for a client and its transport has not accepted.")]
internal sealed record ConnectionLag
{
    [Description("Number of messages.")]
    public required long Events { get; init; }

    [Description("Their size in bytes.")]
    public required long Bytes { get; init; }
}

[Description("The connections that were closed, as in the response to DELETE /api/v1/connections.")]
internal sealed record ClosedResponse : InstancesResponse
{
    [Description("The answers.")]
    public required IReadOnlyList<InstanceClosed> Instances { get; init; }
}

[Description("The connections that one instance closed.")]
internal sealed record InstanceClosed
{
    [Description("Name of the instance.")]
    public required string Instance { get; init; }

    [Description("Ids of the connections.")]
    public required IReadOnlyList<string> Closed { get; init; }

    [Description("Number of connections that are not listed.")]
    public required int More { get; init; }
}
