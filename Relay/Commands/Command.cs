using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Commands;

/// <summary>An accepted command that waits for Redis.</summary>
/// <param name="Sender">The connection that sent it.</param>
/// <param name="Id">The id that the relay gave it.</param>
/// <param name="Reference">The client's own name for it; null if it gave none.</param>
/// <param name="Format">The format of the response to it.</param>
/// <param name="Payload">The bytes to publish.</param>
/// <param name="Audited">The command as the audit log shows it.</param>
/// <param name="AcceptedAt">When it was accepted, as <see cref="TimeProvider.GetTimestamp"/>.</param>
internal sealed record Command(
    CommandSender Sender, string Id, string? Reference, ResponseFormat Format, byte[] Payload, AuditedCommand Audited, long AcceptedAt);
