namespace Cecelia.Relay.Journal;

/// <summary>The outcome of looking for a position in a journal. Closed.</summary>
internal enum PositionLookup
{
    /// <summary>Exactly one entry matches.</summary>
    Found,

    /// <summary>There is no such entry, or no longer, or another instance may have accepted the same events when this one did not receive.</summary>
    Unknown,

    /// <summary>The same events were accepted more than once, and the time does not determine which entry is meant.</summary>
    Ambiguous,
}
