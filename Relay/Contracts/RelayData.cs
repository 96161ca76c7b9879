using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Views;

namespace Cecelia.Relay.Contracts;

[Description("The beginning of a connection, and the answer to the client's hello.")]
internal sealed record HelloData
{
    [Constant(Handshake.Subprotocol)]
    [Description("The subprotocol.")]
    public required string Protocol { get; init; }

    [Description("The name of this connection.")]
    public required string Connection { get; init; }

    [Description("The name of this run of the relay.")]
    public required string Instance { get; init; }

    [Description("Recovered: the client's own position; otherwise that of the snapshot that follows.")]
    public required Position Position { get; init; }

    [Description("The client gave a position.")]
    public required bool WasRecovering { get; init; }

    [Description("The client gets all that it missed. If not, a snapshot follows, which replaces what it knew.")]
    public required bool Recovered { get; init; }

    [Description("Why not, where the client gave a position and is not recovered.")]
    public ResumeFailure Reason { get; init; }

    [Description("How many messages are given again; null unless recovered.")]
    public required long? Missed { get; init; }

    [Description("Milliseconds between two relay:ping; 0: there are none.")]
    public required long PingIntervalMs { get; init; }

    [Description("How the link to Redis stands.")]
    public required LinkData Link { get; init; }

    [Description("Limits of what the client sends.")]
    public required LimitsData Limits { get; init; }

    [Description("Names of the commands that the client may send, a single * for any; null: none, they are switched off, or the client reads an event stream.")]
    public required IReadOnlyList<string>? Commands { get; init; }
}

[Description("Limits of what a client sends.")]
internal sealed record LimitsData
{
    [Description("Most bytes of a message.")]
    public required int MessageBytes { get; init; }

    [Description("Most messages and control frames in a second; 0: no limit.")]
    public required int MessagesPerSecond { get; init; }
}

[Description("How the link to Redis stands.")]
internal sealed record LinkData
{
    [Description("live: all events arrive; degraded: some or all may not, or the state is not complete yet.")]
    public required LinkState State { get; init; }

    [Description("While degraded: up to when nothing is missing; null if no such time is known.")]
    public Timestamp? AsOf { get; init; }

    [Description("While degraded: how many milliseconds ago that was; null if no such time is known.")]
    public long? AgeMs { get; init; }

    [Description("While degraded: why, for people.")]
    public string? Reason { get; init; }
}

[Description("Something may be missing here.")]
internal sealed record GapData
{
    [Description("Why something may be missing.")]
    public required GapCause Cause { get; init; }

    [Description("How many events are missing; null: not known.")]
    public required long? Missed { get; init; }

    [Description("From when on something may be missing; null: not known.")]
    public required Timestamp? From { get; init; }

    [Description("Until when; null: not known.")]
    public required Timestamp? To { get; init; }

    [Description("Whose events are missing, or which publisher counts again; with publisher_gap and publisher_restarted.")]
    public string Source { get; init; } = "";

    [Description("The first number that is missing; with publisher_gap.")]
    public Count FromSeq { get; init; }

    [Description("The last number that is missing; with publisher_gap.")]
    public Count ToSeq { get; init; }
}

[Description("A sign of life; its id is where the stream stands.")]
internal sealed record PingData;

[Description("The relay is about to close the connection.")]
internal sealed record ByeData
{
    [Description("Why.")]
    public required CloseReason Reason { get; init; }

    [Range(1000, 4999)]
    [Description("The code of the close frame that follows.")]
    public required int Code { get; init; }

    [Description("The client should come back.")]
    public required bool Reconnect { get; init; }

    [Description("After how many milliseconds it should; null where it should not.")]
    public required long? RetryAfterMs { get; init; }
}

[Description("The client's message could not be used.")]
internal sealed record RelayErrorData
{
    [Description("Why, as a word.")]
    public required ErrorReason Reason { get; init; }

    [Description("Why, for people.")]
    public required string Message { get; init; }

    [StringLength(CommandOptions.ReferenceBytes, MinimumLength = 1)]
    [Description("The client's own name for the command that this is about.")]
    public string Ref { get; init; } = "";
}

[Description("The answer to a ping, to a client that reads event.")]
internal sealed record PongData;

[Description("The client's message could not be used, to a client that reads event: the data that an error event of System D has.")]
internal sealed record PlainErrorData
{
    [Description("Why, for people.")]
    public required string Error { get; init; }

    [Description("Why, as a word.")]
    public required ErrorReason Reason { get; init; }

    [StringLength(CommandOptions.ReferenceBytes, MinimumLength = 1)]
    [Description("The client's own name for the command that this is about.")]
    public string Ref { get; init; } = "";
}

[Description("The client's command was published.")]
internal sealed record AckData
{
    [Description("The relay's id of the command, by which Brain may answer it.")]
    public required string Id { get; init; }

    [StringLength(CommandOptions.ReferenceBytes, MinimumLength = 1)]
    [Description("The client's own name for the command.")]
    public string Ref { get; init; } = "";

    [Description("How many Brains received it.")]
    public required Count Receivers { get; init; }
}
