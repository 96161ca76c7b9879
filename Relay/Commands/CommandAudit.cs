using System.Text;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Commands;

/// <summary>
/// Writes one log line for each command of a client, whatever its outcome: who sent it, what it was, when it was received, and what became of it. Its own
/// category and event id, so that a collector can separate the lines. Thread-safe.
/// </summary>
internal sealed partial class CommandAudit(CommandOptions options, TimeProvider time, ILogger<CommandAudit> logger)
{
    private readonly Lock _gate = new();
    private long _secondStart = time.GetTimestamp();
    private int _inSecond;
    private long _omitted;

    /// <summary>Number of lines omitted because of <see cref="CommandOptions.AuditMaxPerSecond"/>.</summary>
    public long Omitted => Volatile.Read(ref _omitted);

    /// <summary>Returns what the line of a command contains beside its sender and outcome.</summary>
    /// <param name="command">The command, which may be invalid.</param>
    /// <param name="text">The message's text, to which the command's slices refer.</param>
    public AuditedCommand Describe(in ClientCommand command, ReadOnlySpan<byte> text)
    {
        if (!options.Audit) return default;
        ReadOnlySpan<byte> data = command.Data.Get(text);
        bool isCut = data.Length > CommandOptions.AuditDataBytes;
        return new AuditedCommand(
            SafeText.Clean(command.Name, null),
            SafeText.Clean(Encoding.UTF8.GetString(command.ProjectId.Get(text)).Trim('"'), null),
            options.AuditData ? SafeText.Clean(Encoding.UTF8.GetString(isCut ? data[..CommandOptions.AuditDataBytes] : data), null, int.MaxValue) : "",
            time.GetUtcNow());
    }

    /// <summary>Writes the line, unless the audit is off or the limit of lines per second has been reached.</summary>
    /// <param name="sender">The connection that sent the command.</param>
    /// <param name="command">The command.</param>
    /// <param name="id">The id that the relay gave it; empty if it gave none.</param>
    /// <param name="outcome">What became of it.</param>
    /// <param name="detail">The outcome as text, as sent to the client.</param>
    public void Record(CommandSender sender, in AuditedCommand command, string id, CommandOutcome outcome, string detail)
    {
        if (!options.Audit || !TryCountInSecond()) return;
        string user = SafeText.Clean(sender.User ?? "", null);
        LogCommand(
            logger, command.Name, id, user, sender.Address, sender.Connection, command.ProjectId, command.At, outcome.ToWireName(), detail, command.Data);
    }

    private bool TryCountInSecond()
    {
        if (options.AuditMaxPerSecond == 0) return true;
        lock (_gate)
        {
            long now = time.GetTimestamp();
            if (time.GetElapsedTime(_secondStart, now) >= TimeSpan.FromSeconds(1)) (_secondStart, _inSecond) = (now, 0);
            if (_inSecond < options.AuditMaxPerSecond)
            {
                _inSecond++;
                return true;
            }

            _omitted++;
            return false;
        }
    }
}

/// <summary>A command as the audit log shows it. The default value is that of an audit that is off.</summary>
/// <param name="Name">The name, empty if it is invalid.</param>
/// <param name="ProjectId">The project that it names; empty if it names none.</param>
/// <param name="Data">The beginning of its data, if <see cref="CommandOptions.AuditData"/> is set; otherwise empty.</param>
/// <param name="At">The time at which the relay received it.</param>
internal readonly record struct AuditedCommand(string Name, string ProjectId, string Data, DateTimeOffset At);
