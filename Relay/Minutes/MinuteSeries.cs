namespace Cecelia.Relay.Minutes;

/// <summary>
/// The series of a minute: one for each project that has a place, one for all other projects together, and one for what belongs to no project. The sum of all
/// is the whole.
/// </summary>
internal static class MinuteSeries
{
    /// <summary>Number of projects that have a series of their own.</summary>
    public const int Places = 20;

    /// <summary>The series of the projects without a place.</summary>
    public const int Others = Places;

    /// <summary>The series of tasks and events without a project.</summary>
    public const int NoProject = Places + 1;

    /// <summary>Number of series.</summary>
    public const int Count = Places + 2;
}
