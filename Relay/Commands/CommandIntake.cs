using Cecelia.Relay.Access;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Telemetry;
using static System.FormattableString;

namespace Cecelia.Relay.Commands;

/// <summary>
/// Accepts clients' commands: validates them, numbers them and queues them for Redis. A command then moves on in one direction: <see cref="CommandQueue"/>,
/// the publisher, <see cref="CommandResults"/>, and the client. Each method is for the reader loop of the connection concerned; connections may call at the
/// same time.
/// </summary>
internal sealed class CommandIntake(
    CommandOptions options, CommandQueue queue, CommandResults results, CommandAudit audit, ReplyTable replies, Instance instance, TimeProvider time)
{
    /// <summary>Registers a connection that sends its first command. Call <see cref="Unregister"/> when the connection has ended.</summary>
    /// <param name="peer">The connection's name, the client's address and the user that its request named, as in <see cref="CommandSender"/>.</param>
    /// <param name="client">Receives the results.</param>
    /// <param name="format">The wire format of the connection.</param>
    /// <param name="grant">Returns what its current token grants; null without access control. Any thread.</param>
    public CommandSender Register((string Connection, string Address, string? User) peer, Client client, WireFormat format, Func<Grant>? grant = null)
    {
        if (grant is null) return new CommandSender(client, format, replies.Add(client), peer.Connection, peer.Address, peer.User);
        return new CommandSender(client, format, replies.Add(client, grant), peer.Connection, peer.Address, grant().User) { Grant = grant };
    }

    /// <summary>Unregisters the connection so that late replies are dropped.</summary>
    public void Unregister(CommandSender sender) => replies.Remove(sender.Number);

    /// <summary>Queues the command, or sends the client an error. Never waits.</summary>
    /// <param name="sender">The connection that sent the command.</param>
    /// <param name="message">The parsed command.</param>
    /// <param name="text">The message's text, to which the command's slices refer.</param>
    public void Accept(CommandSender sender, in ClientMessage message, ReadOnlySpan<byte> text)
    {
        ResponseFormat format = sender.Format.For(message.HasType);
        AuditedCommand audited = audit.Describe(message.Command, text);
        if (Validate(sender, message.Command, text) is { } refusal)
        {
            results.Refuse(sender, audited, "", refusal.Outcome, refusal.Error, message.Command.Reference, format);
            return;
        }

        string id = sender.NextId(instance);
        byte[] payload = CommandPayload.Write(sender, message, text, id, time.GetUtcNow().ToUnixTimeMilliseconds());
        if (queue.TryAdd(new Command(sender, id, message.Command.Reference, format, payload, audited, time.GetTimestamp()))) return;
        const string Error = "Too many commands wait for Redis, so this one was not published";
        results.Refuse(sender, audited, id, CommandOutcome.Full, Error, message.Command.Reference, format);
    }

    private (CommandOutcome Outcome, string Error)? Validate(CommandSender sender, in ClientCommand command, ReadOnlySpan<byte> text)
    {
        if (!options.Enabled) return (CommandOutcome.Disabled, "Commands are disabled (CECELIA_COMMANDS)");
        if (text.Length > options.MaxBytes) return (CommandOutcome.TooLarge, Invariant($"A command must not be larger than {options.MaxBytes} bytes"));
        if (command.Error is { } error) return (CommandOutcome.Bad, error);
        IReadOnlyList<string> names = options.NamesOf(sender.WireFormat);
        if (names is not ["*"] && !names.Contains(command.Name, StringComparer.Ordinal)) return (CommandOutcome.NotAllowed, NotAllowedError(names));
        if (FindDenial(sender, command, text, names) is { } denial) return (CommandOutcome.NotAllowed, denial);
        if (sender.User is null) return (CommandOutcome.Bad, "The header that names the user is given twice or is too long");
        if (sender.TryCountInSecond(options.MaxPerSecond, time)) return null;
        return (CommandOutcome.TooMany, Invariant($"More than {options.MaxPerSecond} commands in a second, so this one was not published"));
    }

    /// <summary>Returns the error if the sender's token does not permit the command.</summary>
    private static string? FindDenial(CommandSender sender, in ClientCommand command, ReadOnlySpan<byte> text, IReadOnlyList<string> names)
    {
        if (sender.Grant?.Invoke() is not { Rights: var rights }) return null;
        if (rights.SelectCommands(names) is not { } permitted) return "The token's role does not permit commands";
        if (!rights.MayCommand(command.Name)) return NotAllowedError(permitted);
        return CommandScope.Permits(rights, command, text) ? null : "The token does not permit commands for this project or execution, or requires one";
    }

    private static string NotAllowedError(IReadOnlyList<string> names) => names.Count == 0
        ? "No commands are allowed (CECELIA_COMMAND_NAMES)"
        : $"This command is not allowed; allowed commands: {string.Join(", ", names)}";
}
