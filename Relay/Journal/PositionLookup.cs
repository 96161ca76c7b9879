namespace Cecelia.Relay.Journal;

/// <summary>The outcome of looking for a position in a journal. Closed.</summary>
internal enum PositionLookup
{
    /// <summary>There is one entry that it can be.</summary>
    Found,

    /// <summary>There is no such entry, or no longer, or another instance may have passed it when this one did not receive.</summary>
    Unknown,

    /// <summary>The same events were accepted more than once, and the time does not tell which place is meant.</summary>
    Ambiguous,
}
