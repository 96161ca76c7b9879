using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Cecelia.Relay.Commands;

namespace Cecelia.Relay.Contracts;

[Description("A ping. The relay responds with a pong.")]
internal sealed record ClientPing
{
    [Constant("ping")]
    [Description("The type of the message.")]
    public required string Type { get; init; }
}

[Description("A ping in the Workflow format. The relay responds with a pong.")]
internal sealed record ClientPingCommand
{
    [Constant("ping")]
    [Description("The type of the message.")]
    public required string Cmd { get; init; }
}

[Description("Requests a relay:hello and the missed events. Subprotocol only.")]
internal sealed record ClientHello
{
    [Constant("hello")]
    [Description("The type of the message.")]
    public required string Type { get; init; }

    [Description("The newest id that the client has processed. Without it a snapshot follows.")]
    public Position Since { get; init; }
}

[Description("A new token, in place of the one that expires. Subprotocol only, and only with access control.")]
internal sealed record ClientToken
{
    [Constant("token")]
    [Description("The type of the message.")]
    public required string Type { get; init; }

    [Description("The token, a JSON Web Token of the same user.")]
    public required string Token { get; init; }
}

/// <summary>The fields common to both forms of a command. The relay rejects a command with any other field.</summary>
internal abstract record CommandFields
{
    [Description("Arguments for Brain; absent means {}.")]
    public OpenObject Data { get; init; }

    [JsonPropertyName("project_id")]
    [Description("The project that the command applies to.")]
    public NonEmptyId? ProjectId { get; init; }

    [StringLength(CommandOptions.ReferenceBytes, MinimumLength = 1)]
    [Description("The client's id of this command, 1 to 64 bytes, which the response repeats.")]
    public string? Ref { get; init; }

    [Description("Accepted but ignored: the relay sets its own timestamp.")]
    public string? Timestamp { get; init; }
}

[Closed]
[Description("A command for Brain in the Workflow format.")]
internal sealed record ClientCommand : CommandFields
{
    [Description("The command's name, such as start_session, pause_session, resume_session or user_input.")]
    public required CommandName Cmd { get; init; }
}

[Closed]
[Description("A command for Brain in the TaskTree format.")]
internal sealed record ClientBoardCommand : CommandFields
{
    [Description("The command's name.")]
    public required CommandName Type { get; init; }
}

[Description("A client's command, as the relay publishes it for Brain on cecelia:commands. It has cmd or type, whichever the client used.")]
internal sealed record BrainCommand
{
    [Description("The command's name in the Workflow format.")]
    public CommandName Cmd { get; init; }

    [Description("The command's name in the TaskTree format.")]
    public CommandName Type { get; init; }

    [Description("Arguments of the command.")]
    public required OpenObject Data { get; init; }

    [Description("The relay's id of the command. An event with this id as reply_to goes only to the client's connection.")]
    public required string Id { get; init; }

    [Description("The id of the client's connection.")]
    public required string Connection { get; init; }

    [StringLength(CommandOptions.UserBytes)]
    [Description("The user, if the client's token or a proxy in front of the relay names one.")]
    public string User { get; init; } = "";

    [JsonPropertyName("project_id")]
    [Description("The project that the command applies to.")]
    public Id ProjectId { get; init; }

    [Description("Time at which the relay received the command.")]
    public required Timestamp Timestamp { get; init; }
}
