namespace Cecelia.Relay.Commands;

/// <summary>What came of a client's command. Closed: each member is counted under its word, and all but <see cref="Published"/> are told to the client by it (PROTOCOL.md, <i>Commands</i>).</summary>
internal enum CommandOutcome
{
    /// <summary>Redis gave it to one subscriber at least, or is a cluster, whose other nodes do not say.</summary>
    Published,

    /// <summary>Commands are switched off (<see cref="CommandOptions.Enabled"/>).</summary>
    Disabled,

    /// <summary>The name is none of <see cref="CommandOptions.Names"/>.</summary>
    NotAllowed,

    /// <summary>A field of it is wrong.</summary>
    Bad,

    /// <summary>Larger than <see cref="CommandOptions.MaxBytes"/>.</summary>
    TooLarge,

    /// <summary>More in a second than <see cref="CommandOptions.MaxPerSecond"/>.</summary>
    TooMany,

    /// <summary>Too many wait for Redis' answer, of this connection or of all.</summary>
    Full,

    /// <summary>Redis gave it to nobody: no Brain is subscribed.</summary>
    NoReceiver,

    /// <summary>Redis was not reached or refused it, or did not answer, so that nobody knows.</summary>
    RedisUnavailable,
}

/// <summary>The words of <see cref="CommandOutcome"/>. Once shipped, a word keeps its meaning.</summary>
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
