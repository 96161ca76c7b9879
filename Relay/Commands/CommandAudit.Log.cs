using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Commands;

/// <summary>The log line.</summary>
internal sealed partial class CommandAudit
{
    [LoggerMessage(
        EventIds.CommandAudited,
        LogLevel.Information,
        "Command {Command} {Id} of user {User} at {Address}, connection {Connection}, project {Project}, received {At:O}: {Outcome}, {Detail} {Data}",
        EventName = nameof(EventIds.CommandAudited))]
    private static partial void LogCommand(
        ILogger logger,
        string command,
        string id,
        string user,
        string address,
        string connection,
        string project,
        DateTimeOffset at,
        string outcome,
        string detail,
        string data);
}
