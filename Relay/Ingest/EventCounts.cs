using Cecelia.Relay.Events;

namespace Cecelia.Relay.Ingest;

/// <summary>
/// The outcomes of all events since the start, at one moment: <c>Received = Accepted + Refused + Duplicate + Dropped + Waiting</c>. Immutable.
/// </summary>
/// <param name="Received">Messages from Redis, and events that were read from a stream and had not been received before.</param>
/// <param name="Accepted">Events that were made ready for clients, and replies.</param>
/// <param name="RefusedBy">Events that were refused, by <see cref="RefusalReason"/>.</param>
/// <param name="Duplicate">Events that had been received before, here or by the instance whose state was loaded.</param>
/// <param name="Dropped">
/// Events that were not processed: the queue was full, there was no memory, the connection did not last, or later events had been sent already.
/// </param>
internal sealed record EventCounts(long Received, long Accepted, IReadOnlyList<long> RefusedBy, long Duplicate, long Dropped)
{
    /// <summary>Events that were refused.</summary>
    public long Refused { get; } = RefusedBy.Sum();

    /// <summary>Events that have been received and have no outcome yet.</summary>
    public long Waiting => Received - Accepted - Refused - Duplicate - Dropped;
}
