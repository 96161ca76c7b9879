using Cecelia.Relay.Ingest;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Where a link puts what Redis sends: events into the queue, and two signals that keep their place among the events. The signals are called on the
/// reading thread, one at a time with the events and in Redis' order; they only take note (an entry of the queue serves), never wait and never throw.
/// </summary>
/// <param name="Queue">Receives the events; stays the caller's.</param>
/// <param name="MaxPayloadBytes">Largest event. Of a larger message only the beginning is kept, enough for the decoder to refuse it.</param>
internal sealed record RedisCallbacks(IngestQueue Queue, int MaxPayloadBytes)
{
    /// <summary>
    /// A fresh connection is about to subscribe: behind this point come its events, and what was published before may be missing. With the age of what the server
    /// delivers (<see cref="RedisRole.Age"/>). On the link's thread.
    /// </summary>
    public Action<TimeSpan> Subscribing { get; init; } = static _ => { };

    /// <summary>Our own request for a handoff has come by, with its nonce: what the answering instance had received before it, we need not have.</summary>
    public Action<Guid> BarrierArrived { get; init; } = static _ => { };

    /// <summary>An instance asks for our state and history up to this point. Only after <see cref="RedisLink.SubscribeToRequests"/>; our own requests come too.</summary>
    public Action<Guid> RequestArrived { get; init; } = static _ => { };
}
