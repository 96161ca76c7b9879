namespace Cecelia.Relay.Fanout;

/// <summary>The reason why a pump stops serving a client. The connection maps each to a close reason.</summary>
internal enum ClientFailure
{
    /// <summary>The peer is gone: a send failed.</summary>
    Broken,

    /// <summary>The peer accepted nothing for <see cref="FanoutOptions.SendTimeout"/>.</summary>
    Stalled,

    /// <summary>More responses wait for the peer than one client may hold.</summary>
    Flooded,

    /// <summary>A fault of the relay, such as a lack of memory. The bytes that the peer has received may end within a frame.</summary>
    Fault,

    /// <summary>Not a failure: the client has received everything that there is to receive.</summary>
    Finished,
}
