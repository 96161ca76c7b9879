using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Contracts;

/// <summary>
/// The envelope of a published event (PROTOCOL.md, <i>Published events</i>). A null value counts as absent, except for the name and <c>data</c>.
/// </summary>
[Description("The envelope of an event as a publisher sends it.")]
internal sealed record PublishedEvent
{
    [Description("The event's name; this or type, or both if they are equal.")]
    public EventName Event { get; init; }

    [Description("The event's name in the TaskTree and Execution formats.")]
    public EventName Type { get; init; }

    [Description("The event's data; absent means {}.")]
    public EventData Data { get; init; } = new();

    [Description("Time of the event; set by the relay if absent.")]
    public Timestamp? Timestamp { get; init; }

    [JsonPropertyName("project_id")]
    [Description("The project that the event belongs to.")]
    public Id? ProjectId { get; init; }

    [JsonPropertyName("execution_id")]
    [Description("The execution that the event belongs to.")]
    public Id? ExecutionId { get; init; }

    [JsonPropertyName("node_id")]
    [StringLength(EventLimits.KeyBytes)]
    [Description("The workflow node that the event belongs to.")]
    public string? NodeId { get; init; }

    [StringLength(EventLimits.KeyBytes)]
    [Description("The publisher. With seq it must differ for each run of the publisher.")]
    public string? Source { get; init; }

    [Description("The publisher's own id of the event.")]
    public Id? Id { get; init; }

    [Description("The publisher's sequence number of the event, counted for each source from 1.")]
    public Count? Seq { get; init; }

    [JsonPropertyName("reply_to")]
    [StringLength(EventLimits.KeyBytes, MinimumLength = 1)]
    [Description("The id of the command that the event replies to. The event goes only to the connection that sent the command.")]
    public string? ReplyTo { get; init; }

    [Description("The traceparent of W3C Trace Context. An invalid one is ignored. Sent to clients of the subprotocol, and continued if it is sampled.")]
    public string? Traceparent { get; init; }
}

