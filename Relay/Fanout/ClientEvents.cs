namespace Cecelia.Relay.Fanout;

/// <summary>Why the pump is done with a client. The connection maps each to a close reason.</summary>
internal enum ClientFailure
{
    /// <summary>The peer is gone: a send failed.</summary>
    Broken,

    /// <summary>The peer accepted nothing for <see cref="FanoutOptions.SendTimeout"/>.</summary>
    Stalled,

    /// <summary>More replies wait for the peer than are kept for one client.</summary>
    Flooded,

    /// <summary>A fault of the relay, such as a moment without memory. What the peer has got may end within a frame.</summary>
    Fault,

    /// <summary>No failure: the client has been given all that there is to come.</summary>
    Finished,
}

/// <summary>A client's place in its log.</summary>
/// <param name="Frame">Number of the frame that it would have got next.</param>
/// <param name="Entry">Number of the journal's last entry that it was given, as far as its view wants any.</param>
internal readonly record struct ClientPlace(long Frame, long Entry);
