namespace Cecelia.Relay.Redis;

/// <summary>
/// The callbacks of a <see cref="RedisLink"/>: one for events and two for signals whose order relative to the events matters. Except where noted they are
/// called on the reading thread, one at a time and in Redis' order. They must not throw, and only <see cref="WaitForRoom"/> may block.
/// </summary>
/// <param name="MaxPayloadBytes">
/// Maximum size of an event. Of a larger message only the beginning is kept, which is enough for the decoder to refuse it.
/// </param>
internal sealed record RedisCallbacks(int MaxPayloadBytes)
{
    /// <summary>Blocks for a short time while the receiver has no room for a payload of that many bytes. Called before each event, without a lock.</summary>
    public required Action<int> WaitForRoom { get; init; }

    /// <summary>
    /// Takes an event: the channel's name, the payload or its beginning, and the payload's full length. Takes ownership of the payload; the name must not be
    /// changed.
    /// </summary>
    public required Action<byte[], byte[], long> EventArrived { get; init; }

    /// <summary>
    /// A fresh connection is about to subscribe: its events follow, and events that were published before may be missing. The argument is the age of what the
    /// server delivers (<see cref="RedisRole.Age"/>). Called on the link's thread.
    /// </summary>
    public Action<TimeSpan> Subscribing { get; init; } = static _ => { };

    /// <summary>
    /// The barrier of this instance's own request for a handoff has arrived, with the request's nonce. The answer contains every event that arrived before it.
    /// </summary>
    public Action<Guid> BarrierArrived { get; init; } = static _ => { };

    /// <summary>
    /// An instance requests the state and history up to this point. Called only after <see cref="RedisLink.SubscribeToRequests"/>, and for this instance's own
    /// requests too.
    /// </summary>
    public Action<Guid> RequestArrived { get; init; } = static _ => { };
}
