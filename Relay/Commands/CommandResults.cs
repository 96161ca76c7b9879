using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Commands;

/// <summary>
/// Counts the outcome of each command and sends it to the client. The publisher reports each queued command exactly once, those of one connection in their
/// order. Thread-safe.
/// </summary>
internal sealed class CommandResults(CommandQueue queue, CommandCounts counts, TimeProvider time)
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
            Refuse(command.Sender.Client, CommandOutcome.NoReceiver, Error, command.Reference, command.Format);
            return;
        }

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
        Refuse(command.Sender.Client, CommandOutcome.RedisUnavailable, error, command.Reference, command.Format);
    }

    /// <summary>Counts a command that is not queued, or no longer, and sends the error to its client.</summary>
    public void Refuse(Client client, CommandOutcome outcome, string error, string? reference, ResponseFormat format)
    {
        counts.Record(outcome);
        client.Post(Frames.Text(ErrorMessage.Write(format, outcome.ToWireName(), error, reference, NowMs)));
    }
}
