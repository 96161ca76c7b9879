using Cecelia.Relay.Filters;
using Cecelia.Relay.Journal;

namespace Cecelia.Relay.Fanout;

/// <summary>A request for a page of older events.</summary>
internal sealed record HistoryRequest
{
    /// <summary>Selects the events, and the entities of the base.</summary>
    public required Filter Filter { get; init; }

    /// <summary>Maximum number of events, up to <see cref="HistoryReader.MaxLimit"/>.</summary>
    public required int Limit { get; init; }

    /// <summary>The position up to which the page reaches; null for the newest events.</summary>
    public StreamPosition? Before { get; init; }

    /// <summary>The position after which the events are; null for all that the journal has.</summary>
    public StreamPosition? Since { get; init; }

    /// <summary>Whether the page has a base. The events are then those after it.</summary>
    public bool HasBase { get; init; }

    /// <summary>Maximum number of journal entries after the base.</summary>
    public int MaxBaseEntries { get; init; } = int.MaxValue;
}
