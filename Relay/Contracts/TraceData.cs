using System.ComponentModel;
using System.Text.Json.Serialization;
using Cecelia.Relay.Admin;
using Cecelia.Relay.Recording;

namespace Cecelia.Relay.Contracts;

/// <summary>The members of a response that all instances contribute to.</summary>
internal abstract record InstancesResponse
{
    [Description("The key that was asked for; absent for the list of connections.")]
    public string Key { get; init; } = "";

    [Description("Number of instances that answered.")]
    public required int Answered { get; init; }

    [Description("Number of instances that exist, as far as that is known.")]
    public required int Of { get; init; }

    [Description("Names of the instances that did not answer.")]
    public required IReadOnlyList<string> Missing { get; init; }

    [Description("Number of instances that did not answer and whose names are not known.")]
    public int Unnamed { get; init; }

    [Description("Why other instances could not be asked, or not all of them.")]
    public string Reason { get; init; } = "";
}

[Description("A trace, as in the response to GET /api/v1/events/KEY/trace.")]
internal sealed record TraceResponse : InstancesResponse
{
    [Description("The answers.")]
    public required IReadOnlyList<InstanceTrace> Instances { get; init; }
}

[Description("The records of one instance about a key.")]
internal sealed record InstanceTrace
{
    [Description("Name of the instance.")]
    public required string Instance { get; init; }

    [Description("Whether something was received, nothing was, or that is not known.")]
    public required TraceOutcome Outcome { get; init; }

    [Description("Why nothing is recorded.")]
    public string Reason { get; init; } = "";

    [Description("How far the recording reaches back; absent if the recorder is off.")]
    public RecordingReach Recording { get; init; } = new();

    [Description("The newest records, oldest first.")]
    public required IReadOnlyList<TracedEvent> Events { get; init; }

    [Description("Number of older records that were left out.")]
    public required int More { get; init; }

    [Description("The newest gaps of the whole recording, oldest first.")]
    public required IReadOnlyList<TracedGap> Gaps { get; init; }
}

[Description("The times since which everything is recorded.")]
internal sealed record RecordingReach
{
    [Description("When the recorder was started.")]
    public Timestamp Started { get; init; }

    [JsonPropertyName("accepted_since")]
    [Description("Of accepted events.")]
    public Timestamp AcceptedSince { get; init; }

    [JsonPropertyName("others_since")]
    [Description("Of everything else that was received.")]
    public Timestamp OthersSince { get; init; }

    [JsonPropertyName("deliveries_since")]
    [Description("Of deliveries.")]
    public Timestamp DeliveriesSince { get; init; }

    [JsonPropertyName("ended_connections_since")]
    [Description("Of connections that have ended.")]
    public Timestamp EndedConnectionsSince { get; init; }
}

[Description("A message that an instance received. Members that the message did not have are absent.")]
internal sealed record TracedEvent
{
    [Description("When it was received.")]
    public required Timestamp At { get; init; }

    [Description("The outcome.")]
    public required EventOutcome Outcome { get; init; }

    [Description("Name of the event.")]
    public string Event { get; init; } = "";

    [Description("The publisher.")]
    public string Source { get; init; } = "";

    [Description("The publisher's number.")]
    public long Seq { get; init; }

    [Description("The publisher's id of the event.")]
    public string Id { get; init; } = "";

    [Description("The position of an accepted event, with the time of this instance.")]
    public Position Position { get; init; }

    [JsonPropertyName("project_id")]
    [Description("The project.")]
    public string ProjectId { get; init; } = "";

    [JsonPropertyName("task_id")]
    [Description("The task.")]
    public string TaskId { get; init; } = "";

    [JsonPropertyName("execution_id")]
    [Description("The execution.")]
    public string ExecutionId { get; init; } = "";

    [Description("The channel of Redis.")]
    public string Channel { get; init; } = "";

    [Description("Size of the payload in bytes.")]
    public required long Bytes { get; init; }

    [JsonPropertyName("from_stream")]
    [Description("True if it was read from the stream.")]
    public bool FromStream { get; init; }

    [Description("True if an accepted event was too old to change an entity.")]
    public bool Stale { get; init; }

    [Description("Reason for the refusal, as a code.")]
    public string Reason { get; init; } = "";

    [Description("Reason for the refusal, as text.")]
    public string Detail { get; init; } = "";

    [Description("Beginning of a payload that was not decoded.")]
    public string Excerpt { get; init; } = "";

    [Description("The connections whose filter an accepted event matches.")]
    public TracedDeliveries Deliveries { get; init; } = new();
}

[Description("The connections that an event was for.")]
internal sealed record TracedDeliveries
{
    [Description("Number of connections by outcome: given, skipped, merged, pending, ended, not_recorded.")]
    public OpenObject Counts { get; init; }

    [Description("The connections, first those that were not given the event.")]
    public IReadOnlyList<TracedConnection> Connections { get; init; } = [];

    [Description("Number of connections that are not listed.")]
    public int More { get; init; }
}

/// <summary>The members of a connection in a trace and in the list of connections.</summary>
internal abstract record ConnectionOriginData
{
    [Description("The id of the connection, unique among all instances.")]
    public required string Id { get; init; }

    [Description("The name of the connection, as in relay:hello and in the logs.")]
    public required string Connection { get; init; }

    [Description("Address of the client.")]
    public required string Address { get; init; }

    [Description("The user; empty if the request named none, null if the name cannot be used.")]
    public required string? User { get; init; }

    [Description("The transport: websocket or event_stream.")]
    public required string Transport { get; init; }

    [Description("The wire format: cecelia, cecelia.v1, tasktree or execution.")]
    public required string Format { get; init; }
}

[Description("The outcome of an event for one connection.")]
internal sealed record TracedConnection : ConnectionOriginData
{
    [Description("The outcome: given, skipped, merged, pending, ended or not_recorded.")]
    public required string Outcome { get; init; }

    [Description("The time by which it was given or skipped. Given means that the transport accepted it: for a plain socket, the kernel.")]
    public Timestamp By { get; init; }

    [Description("Why it was skipped: slow_client or continued_elsewhere.")]
    public string Reason { get; init; } = "";

    [Description("When the connection ended.")]
    public Timestamp Ended { get; init; }
}

[Description("A gap that an instance noted.")]
internal sealed record TracedGap
{
    [Description("When it was noted.")]
    public required Timestamp At { get; init; }

    [Description("Cause of the gap.")]
    public required Messages.GapCause Cause { get; init; }

    [Description("Number of missing events; null if it is not known.")]
    public required long? Missed { get; init; }

    [Description("The publisher whose events are missing.")]
    public string Source { get; init; } = "";

    [JsonPropertyName("from_seq")]
    [Description("Its first missing number.")]
    public long FromSeq { get; init; }

    [JsonPropertyName("to_seq")]
    [Description("Its last missing number.")]
    public long ToSeq { get; init; }
}
