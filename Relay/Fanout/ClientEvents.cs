namespace Cecelia.Relay.Fanout;

/// <summary>Why the pump gave a client up. The connection maps each to a close reason.</summary>
internal enum ClientFailure
{
    /// <summary>The peer is gone: a send failed.</summary>
    Broken,

    /// <summary>The peer accepted nothing for <see cref="FanoutOptions.SendTimeout"/>.</summary>
    Stalled,

    /// <summary>More replies wait for the peer than are kept for one client.</summary>
    Flooded,
}
