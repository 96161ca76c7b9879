using Cecelia.Relay.Events;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Commands;

/// <summary>Which commands clients may send to Brain, and how many. Immutable.</summary>
internal sealed record CommandOptions
{
    /// <summary>Longest name of a command, in bytes.</summary>
    public const int NameBytes = 128;

    /// <summary>Longest name that a client gives a command of its own (<c>ref</c>), in bytes.</summary>
    public const int ReferenceBytes = 64;

    /// <summary>Longest name of a user, in bytes. A longer one is refused: cut off, two users could be one.</summary>
    public const int UserBytes = 256;

    /// <summary>Commands of one connection that may wait for Redis' answer: fewer than a client's replies, so that the answers never flood one that reads.</summary>
    public const int MaxPendingOfConnection = 32;

    /// <summary>Commands of all connections that may wait for Redis' answer.</summary>
    public const int MaxPending = 1024;

    /// <summary>Bytes of those. One that is larger is taken if no other waits.</summary>
    public const long MaxPendingBytes = 16L * 1024 * 1024;

    /// <summary>Longest that a client waits for what came of a command: one that runs late is worse than an error.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    /// <summary>False: every command is refused. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Names that are passed on. A single <c>*</c> allows all; empty allows none. Default: the four of System D.</summary>
    public IReadOnlyList<string> Names { get; init; } = ["start_session", "pause_session", "resume_session", "user_input"];

    /// <summary>
    /// The same for connections that speak System B's format: its clients send the messages of its boards upwards. Default: its 13 names beside
    /// those four; the setting replaces both lists.
    /// </summary>
    public IReadOnlyList<string> BoardNames { get; init; } =
        [.. EventNames.All.Where(known => known.Systems.HasFlag(EventSystems.TaskTree)).Select(known => known.Name), "start_session", "pause_session", "resume_session", "user_input"];

    /// <summary>Largest message that is a command, in bytes. Default 16,384. Zero is not allowed.</summary>
    public int MaxBytes { get; init; } = 16 * 1024;

    /// <summary>Most commands of one connection in one second; more are refused, and the connection stays. Default 10; zero sets no limit.</summary>
    public int MaxPerSecond { get; init; } = 10;

    /// <summary>Header of the handshake that names the user, for where a proxy in front sets it and lets no client do so. Default empty: there is none.</summary>
    public string UserHeader { get; init; } = "";

    /// <summary>What a client is told that it may send; null: nothing, commands are switched off.</summary>
    public IReadOnlyList<string>? OfferedNames => Enabled ? Names : null;

    /// <summary>The names that a connection of that format may send.</summary>
    public IReadOnlyList<string> NamesOf(WireFormat format) => format == WireFormat.TaskTree ? BoardNames : Names;
}
