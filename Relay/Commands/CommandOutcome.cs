namespace Cecelia.Relay.Commands;

/// <summary>
/// The outcome of a client's command. A closed set: each member is counted under its wire name, and all but <see cref="Published"/> are sent to the client as
/// the reason of an error (PROTOCOL.md, <i>Commands</i>).
/// </summary>
internal enum CommandOutcome
{
    /// <summary>Redis delivered it to at least one subscriber, or Redis is a cluster, where the subscribers at other nodes are not counted.</summary>
    Published,

    /// <summary>Commands are disabled (<see cref="CommandOptions.Enabled"/>).</summary>
    Disabled,

    /// <summary>The name is not one of <see cref="CommandOptions.Names"/>.</summary>
    NotAllowed,

    /// <summary>A field is invalid.</summary>
    Bad,

    /// <summary>Larger than <see cref="CommandOptions.MaxBytes"/>.</summary>
    TooLarge,

    /// <summary>More commands in a second than <see cref="CommandOptions.MaxPerSecond"/>.</summary>
    TooMany,

    /// <summary>Too many commands of this connection, or of all, wait for Redis.</summary>
    Full,

    /// <summary>Redis delivered it to no subscriber: no Brain is subscribed.</summary>
    NoReceiver,

    /// <summary>Redis could not be reached, refused it, or did not answer, so that it is unknown whether it was published.</summary>
    RedisUnavailable,
}

/// <summary>The wire names of <see cref="CommandOutcome"/>. Once shipped, a name keeps its meaning.</summary>
internal static class CommandOutcomes
{
    public static IReadOnlyList<CommandOutcome> All { get; } = Enum.GetValues<CommandOutcome>();

    public static string ToWireName(this CommandOutcome outcome) => outcome switch
    {
        CommandOutcome.Published => "published",
        CommandOutcome.Disabled => "commands_disabled",
        CommandOutcome.NotAllowed => "command_not_allowed",
        CommandOutcome.Bad => "bad_command",
        CommandOutcome.TooLarge => "command_too_large",
        CommandOutcome.TooMany => "too_many_commands",
        CommandOutcome.Full => "commands_full",
        CommandOutcome.NoReceiver => "no_receiver",
        _ => "redis_unavailable",
    };
}
