using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Commands;

/// <summary>
/// Counts the outcome of each command, writes it to the audit log and sends it to the client. The publisher reports each queued command exactly once, those of
/// one connection in their order. Thread-safe.
/// </summary>
internal sealed class CommandResults(CommandQueue queue, CommandCounts counts, CommandAudit audit, TimeProvider time)
{
    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Reports that Redis delivered a queued command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="receivers">The number of subscribers that received it.</param>
    /// <param name="isComplete">False if Redis does not count every subscriber: those at other nodes of a cluster may have received it too.</param>
    public void Published(Command command, long receivers, bool isComplete)
    {
        queue.Release(command);
        if (receivers == 0 && isComplete)
        {
            const string Error = "No Brain is subscribed, so the command was not received";
            Refuse(command, CommandOutcome.NoReceiver, Error);
            return;
        }

        audit.Record(command.Sender, command.Audited, command.Id, CommandOutcome.Published, $"receivers: {receivers}");
        counts.Record(CommandOutcome.Published);
        if (command.Sender.Format != ResponseFormat.Subprotocol) return;
        command.Sender.Client.Post(Frames.Text(RelayMessage.Write(RelayMessage.Ack, NowMs, "", json =>
        {
            json.WriteString("id", command.Id);
            if (command.Reference is { } reference) json.WriteString("ref", reference);
            json.WriteNumber("receivers", receivers);
        })));
    }

    /// <summary>Reports that Redis did not accept a queued command, or that it is unknown whether it did.</summary>
    /// <param name="command">The command.</param>
    /// <param name="error">A message for the client that says which.</param>
    public void Failed(Command command, string error)
    {
        queue.Release(command);
        Refuse(command, CommandOutcome.RedisUnavailable, error);
    }

    /// <summary>Counts a command that is not queued, or no longer, and sends the error to its client.</summary>
    /// <param name="sender">The connection that sent the command.</param>
    /// <param name="audited">The command as the audit log shows it.</param>
    /// <param name="id">The id that the relay gave it; empty if it gave none.</param>
    /// <param name="outcome">Why it was not published.</param>
    /// <param name="error">A message for the client.</param>
    /// <param name="reference">The client's own name for the command.</param>
    /// <param name="format">The format of the error.</param>
    public void Refuse(
        CommandSender sender, in AuditedCommand audited, string id, CommandOutcome outcome, string error, string? reference, ResponseFormat format)
    {
        counts.Record(outcome);
        audit.Record(sender, audited, id, outcome, error);
        sender.Client.Post(Frames.Text(ErrorMessage.Write(format, outcome.ToWireName(), error, reference, NowMs)));
    }

    private void Refuse(Command command, CommandOutcome outcome, string error) =>
        Refuse(command.Sender, command.Audited, command.Id, outcome, error, command.Reference, command.Format);
}
