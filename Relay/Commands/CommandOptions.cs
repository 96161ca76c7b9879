using Cecelia.Relay.Events;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Commands;

/// <summary>The commands that clients may send to Brain, and their limits. Immutable.</summary>
internal sealed record CommandOptions
{
    /// <summary>Maximum length of a command's name, in bytes.</summary>
    public const int NameBytes = 128;

    /// <summary>Maximum length of the name that a client gives its command (<c>ref</c>), in bytes.</summary>
    public const int ReferenceBytes = 64;

    /// <summary>
    /// Maximum length of a user's name, in bytes. A longer name is refused instead of truncated, because truncation could make two users equal.
    /// </summary>
    public const int UserBytes = 256;

    /// <summary>
    /// Maximum number of commands of one connection that wait for Redis. Lower than the number of frames that may be queued for a client, so that their
    /// results never flood a client that reads.
    /// </summary>
    public const int MaxPendingOfConnection = 32;

    /// <summary>Maximum number of commands of all connections that wait for Redis.</summary>
    public const int MaxPending = 1024;

    /// <summary>Maximum size of those commands, in bytes. A larger command is accepted if no other waits.</summary>
    public const long MaxPendingBytes = 16L * 1024 * 1024;

    /// <summary>Maximum length of a command's data in the audit log, in bytes.</summary>
    public const int AuditDataBytes = 1024;

    /// <summary>Maximum time until a client receives the result of its command: a command that runs late is worse than an error.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    /// <summary>Whether commands are accepted. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The names of the commands that are accepted. A single <c>*</c> allows all; empty allows none. Default: the four of Workflow.</summary>
    public IReadOnlyList<string> Names { get; init; } = ["start_session", "pause_session", "resume_session", "user_input"];

    /// <summary>
    /// The same for connections with the TaskTree format, whose clients send the messages of TaskTree's boards as commands. Default: its 13 names and the
    /// four of <see cref="Names"/>; the setting replaces both lists.
    /// </summary>
    public IReadOnlyList<string> BoardNames { get; init; } =
        [
            .. EventNames.All.Where(known => known.Systems.HasFlag(EventSystems.TaskTree)).Select(known => known.Name),
            "start_session",
            "pause_session",
            "resume_session",
            "user_input",
        ];

    /// <summary>Maximum size of a message that is a command, in bytes. Default 16,384. Zero is not allowed.</summary>
    public int MaxBytes { get; init; } = 16 * 1024;

    /// <summary>
    /// Maximum number of commands of one connection in one second. Further commands are refused, and the connection stays open. Default 10; zero sets no
    /// limit.
    /// </summary>
    public int MaxPerSecond { get; init; } = 10;

    /// <summary>
    /// The request header that names the user. Only for a proxy that sets it and removes it from clients' requests. Default empty: no header.
    /// </summary>
    public string UserHeader { get; init; } = "";

    /// <summary>Whether each command is logged with its sender and outcome. Default true.</summary>
    public bool Audit { get; init; } = true;

    /// <summary>Whether the log line of a command contains its data. Default false.</summary>
    public bool AuditData { get; init; }

    /// <summary>Maximum number of such lines in a second. Default zero: no limit.</summary>
    public int AuditMaxPerSecond { get; init; }

    /// <summary>The names that <c>relay:hello</c> lists; null if commands are disabled.</summary>
    public IReadOnlyList<string>? OfferedNames => Enabled ? Names : null;

    /// <summary>Returns the names that a connection with this wire format may send.</summary>
    public IReadOnlyList<string> NamesOf(WireFormat format) => format == WireFormat.TaskTree ? BoardNames : Names;
}
