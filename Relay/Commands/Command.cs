using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Commands;

/// <summary>One command on its way to Redis. Whoever takes it from the <see cref="CommandQueue"/> says once what came of it, for those of one connection in their order.</summary>
/// <param name="sender">Who is to be told.</param>
/// <param name="id">Its name.</param>
/// <param name="reference">The client's own name for it; null when it gave none.</param>
/// <param name="format">Of the answer to it.</param>
/// <param name="payload">What is published.</param>
/// <param name="acceptedAt">When it was accepted, as <see cref="TimeProvider.GetTimestamp"/> counts.</param>
internal sealed class Command(CommandSender sender, string id, string? reference, ResponseFormat format, byte[] payload, long acceptedAt)
{
    public byte[] Payload => payload;

    public long AcceptedAt => acceptedAt;

    public string Id => id;

    public string? Reference => reference;

    public ResponseFormat Format => format;

    /// <summary>Redis gave it to so many subscribers.</summary>
    /// <param name="receivers">Their number.</param>
    /// <param name="isWhole">False where others may have it too, whom Redis does not count: those at other nodes of a cluster.</param>
    public void Published(long receivers, bool isWhole) => sender.Acknowledge(this, receivers, isWhole);

    /// <summary>Redis did not take it, or nobody knows.</summary>
    /// <param name="sentence">Which of both, for the client.</param>
    public void Failed(string sentence) => sender.Fail(this, sentence);
}
