using Cecelia.Relay.Filters;

namespace Cecelia.Relay.Fanout;

/// <summary>The series and the time range of a page of minutes. Immutable.</summary>
/// <param name="Count">Number of minutes, the last of which is the current one.</param>
/// <param name="Wanted">The projects that were asked for; null for all series.</param>
/// <param name="Visible">The events that the client has the right to see; <see cref="Filter.None"/> for all.</param>
internal sealed record MinutesQuery(int Count, IReadOnlyCollection<byte[]>? Wanted, Filter Visible)
{
    /// <summary>
    /// Whether the rights include only some executions, tasks or events. The values count all tasks of a project, so no series is shown then.
    /// </summary>
    private bool IsPartial => Visible.Names.Count > 0 || Visible.Executions.Count > 0 || Visible.Tasks.Count > 0;

    /// <summary>Whether the rights leave out series.</summary>
    public bool IsLimited => IsPartial || Visible.Projects.Count > 0;

    /// <summary>Whether the series of all projects together, and of the others, is shown.</summary>
    public bool HasAll => Wanted is null && !IsLimited;

    /// <summary>Whether the series without a project is shown, and the slots of the executors, which belong to no project.</summary>
    public bool HasShared => Wanted is null && Includes([]);

    /// <summary>Returns whether the rights include a project.</summary>
    public bool Includes(byte[] project) => !IsPartial && (Visible.Projects.Count == 0 || Visible.Projects.Contains(project));
}
