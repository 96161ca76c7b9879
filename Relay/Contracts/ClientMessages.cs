using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Cecelia.Relay.Commands;

namespace Cecelia.Relay.Contracts;

[Description("A sign of life, answered with a pong.")]
internal sealed record ClientPing
{
    [Constant("ping")]
    [Description("What kind of message this is.")]
    public required string Type { get; init; }
}

[Description("A sign of life in the word of System D, answered with a pong.")]
internal sealed record ClientPingCommand
{
    [Constant("ping")]
    [Description("What kind of message this is.")]
    public required string Cmd { get; init; }
}

[Description("Asks for a relay:hello, and for what was missed; in the subprotocol.")]
internal sealed record ClientHello
{
    [Constant("hello")]
    [Description("What kind of message this is.")]
    public required string Type { get; init; }

    [Description("The newest id whose message the client has handled; without it a snapshot follows.")]
    public Position Since { get; init; }
}

/// <summary>What both forms of a command have; the relay refuses one that has anything else.</summary>
internal abstract record CommandFields
{
    [Description("What Brain should know; absent means {}.")]
    public OpenObject Data { get; init; }

    [JsonPropertyName("project_id")]
    [Description("The project that it is for.")]
    public NonEmptyId? ProjectId { get; init; }

    [StringLength(CommandOptions.ReferenceBytes, MinimumLength = 1)]
    [Description("The client's own name for this command, 1 to 64 bytes, which the answer repeats.")]
    public string? Ref { get; init; }

    [Description("Taken and passed over: the relay's own counts.")]
    public string? Timestamp { get; init; }
}

[Closed]
[Description("A command for Brain, in the words of System D.")]
internal sealed record ClientCommand : CommandFields
{
    [Description("The command's name, such as start_session, pause_session, resume_session or user_input.")]
    public required CommandName Cmd { get; init; }
}

[Closed]
[Description("A command for Brain, in the words of System B.")]
internal sealed record ClientBoardCommand : CommandFields
{
    [Description("The command's name.")]
    public required CommandName Type { get; init; }
}

[Description("A client's command, as the relay publishes it for Brain on cecelia:commands. It has cmd or type, whichever the client used.")]
internal sealed record BrainCommand
{
    [Description("The command's name, in the word of System D.")]
    public CommandName Cmd { get; init; }

    [Description("The command's name, in the word of System B.")]
    public CommandName Type { get; init; }

    [Description("What the client says.")]
    public required OpenObject Data { get; init; }

    [Description("The relay's id of the command: an event that carries it as reply_to goes to the client's connection alone.")]
    public required string Id { get; init; }

    [Description("The name of the client's connection.")]
    public required string Connection { get; init; }

    [StringLength(CommandOptions.UserBytes)]
    [Description("The user, where a proxy in front of the relay names one.")]
    public string User { get; init; } = "";

    [JsonPropertyName("project_id")]
    [Description("The project that it is for.")]
    public Id ProjectId { get; init; }

    [Description("When the relay received it.")]
    public required Timestamp Timestamp { get; init; }
}
