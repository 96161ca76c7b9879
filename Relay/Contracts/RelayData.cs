using System.ComponentModel.DataAnnotations;
using System.ComponentModel;
using Cecelia.Relay.Access;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Contracts;

[Description("The first message of a connection, and the response to the client's hello.")]
internal sealed record HelloData
{
    [Constant(Handshake.Subprotocol)]
    [Description("The subprotocol.")]
    public required string Protocol { get; init; }

    [Description("The id of this connection.")]
    public required string Connection { get; init; }

    [Description("The id of this run of the relay.")]
    public required string Instance { get; init; }

    [Description("The client's own position if recovered, otherwise the position of the snapshot that follows.")]
    public required Position Position { get; init; }

    [Description("The client gave a position.")]
    public required bool WasRecovering { get; init; }

    [Description("The client receives everything that it missed. If false, a snapshot follows that replaces the client's copy.")]
    public required bool Recovered { get; init; }

    [Description("Reason why a client with a position was not recovered.")]
    public ResumeFailure Reason { get; init; }

    [Description("Number of replayed messages; null unless recovered.")]
    public required long? Missed { get; init; }

    [Description("Interval between two relay:ping messages in milliseconds; 0 if there are none.")]
    public required long PingIntervalMs { get; init; }

    [Description("Time without an event after which running work is silent, in milliseconds; 0 if it never is.")]
    public long SilentAfterMs { get; init; }

    [Description("The status of the link to Redis.")]
    public required LinkData Link { get; init; }

    [Description("Limits of what the client sends.")]
    public required LimitsData Limits { get; init; }

    [Description("What the client's token grants. Absent if the relay has no access control.")]
    public AccessData Access { get; init; } = new() { User = "", Role = Role.Read, Expires = default, ExpiresInMs = 0 };

    [Description("Names of the commands that the client may send; a single * means any. Null if commands are disabled or the client reads an event stream.")]
    public required IReadOnlyList<string>? Commands { get; init; }
}

[Description("What the client's token grants.")]
internal sealed record AccessData
{
    [Description("The user that the token names.")]
    public required string User { get; init; }

    [Description("The role: read, command (also commands) or admin (also the endpoints for operators).")]
    public required Role Role { get; init; }

    [Description("Time at which the token expires.")]
    public required Timestamp Expires { get; init; }

    [Description("Milliseconds until then; 0 if it has passed.")]
    public required long ExpiresInMs { get; init; }
}

[Description("The client's token expires soon, or the one that it sent is in use. Only with access control.")]
internal sealed record TokenData
{
    [Description("accepted: the token that the client sent is in use; expiring: the token in use expires soon.")]
    public required TokenStatus Status { get; init; }

    [Description("Time at which the token expires.")]
    public required Timestamp Expires { get; init; }

    [Description("Milliseconds until then; 0 if it has passed.")]
    public required long ExpiresInMs { get; init; }
}

[Description("Limits of what a client sends.")]
internal sealed record LimitsData
{
    [Description("Maximum size of a message in bytes.")]
    public required int MessageBytes { get; init; }

    [Description("Maximum number of messages and control frames per second; 0 for no limit.")]
    public required int MessagesPerSecond { get; init; }
}

[Description("The status of the link to Redis.")]
internal sealed record LinkData
{
    [Description("live: all events arrive; degraded: events may be missing, or the state is not complete yet.")]
    public required LinkStatus Status { get; init; }

    [Description("While degraded: the time up to which no event is missing; null if unknown.")]
    public Timestamp? AsOf { get; init; }

    [Description("While degraded: age of that time in milliseconds; null if unknown.")]
    public long? AgeMs { get; init; }

    [Description("While degraded: the reason, as text; null for clients with the role read.")]
    public string? Reason { get; init; }
}

[Description("Events may be missing at this point.")]
internal sealed record GapData
{
    [Description("Reason why events may be missing.")]
    public required GapCause Cause { get; init; }

    [Description("Number of missing events; null if unknown.")]
    public required long? Missed { get; init; }

    [Description("Start of the time range in which events may be missing; null if unknown.")]
    public required Timestamp? From { get; init; }

    [Description("End of that time range; null if unknown.")]
    public required Timestamp? To { get; init; }

    [Description("The publisher whose events are missing or that restarted. Only with publisher_gap and publisher_restarted, and not for the role read.")]
    public string Source { get; init; } = "";

    [Description("The first missing sequence number. Only with publisher_gap.")]
    public Count FromSeq { get; init; }

    [Description("The last missing sequence number. Only with publisher_gap.")]
    public Count ToSeq { get; init; }
}

[Description("A ping. Its id is the current position in the stream.")]
internal sealed record PingData;

[Description("The relay is about to close the connection.")]
internal sealed record ByeData
{
    [Description("Reason for closing the connection.")]
    public required CloseReason Reason { get; init; }

    [Range(1000, 4999)]
    [Description("The code of the close frame that follows.")]
    public required int Code { get; init; }

    [Description("Whether the client should reconnect.")]
    public required bool Reconnect { get; init; }

    [Description("Milliseconds to wait before reconnecting; null if the client should not reconnect.")]
    public required long? RetryAfterMs { get; init; }
}

[Description("The client's message was rejected.")]
internal sealed record RelayErrorData
{
    [Description("Reason, as a code.")]
    public required ErrorReason Reason { get; init; }

    [Description("Reason, as text.")]
    public required string Message { get; init; }

    [StringLength(CommandOptions.ReferenceBytes, MinimumLength = 1)]
    [Description("The client's id of the command that this message refers to.")]
    public string Ref { get; init; } = "";
}

[Description("The response to a ping, for a client that reads event.")]
internal sealed record PongData;

[Description("The client's message was rejected. For clients that read event; the data is that of the Workflow format's error event.")]
internal sealed record PlainErrorData
{
    [Description("Reason, as text.")]
    public required string Error { get; init; }

    [Description("Reason, as a code.")]
    public required ErrorReason Reason { get; init; }

    [StringLength(CommandOptions.ReferenceBytes, MinimumLength = 1)]
    [Description("The client's id of the command that this message refers to.")]
    public string Ref { get; init; } = "";
}

[Description("The client's command was published.")]
internal sealed record AckData
{
    [Description("The relay's id of the command, which Brain uses to reply.")]
    public required string Id { get; init; }

    [StringLength(CommandOptions.ReferenceBytes, MinimumLength = 1)]
    [Description("The client's id of the command.")]
    public string Ref { get; init; } = "";

    [Description("Number of Brain instances that received it.")]
    public required Count Receivers { get; init; }
}
