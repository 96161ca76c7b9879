using Cecelia.Relay.Events;

namespace Cecelia.Relay.Minutes;

/// <summary>
/// The places of the projects that have a series of their own. The first projects that are seen get one; a project from which nothing was received for a day
/// loses its place when another one needs it, since all of its rows have expired by then. Not thread-safe.
/// </summary>
internal sealed class MinuteProjects
{
    private readonly Dictionary<byte[], int> _places = new(MinuteSeries.Places, Utf8Comparer.Instance);
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly MinuteProject?[] _projects = new MinuteProject?[MinuteSeries.Places];
    private int _newest;

    public MinuteProjects() => _lookup = _places.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>The project of each place; null if the place is free.</summary>
    public ReadOnlySpan<MinuteProject?> Places => _projects;

    /// <summary>Returns the series of a project, of which something is counted in a minute. Allocates only if the project gets a place.</summary>
    public int SeriesOf(ReadOnlySpan<byte> id, long minute)
    {
        if (id.IsEmpty) return MinuteSeries.NoProject;
        // Events of one project often follow each other: 5 ns instead of 20 for a lookup.
        if (_projects[_newest] is { } newest && id.SequenceEqual(newest.Id))
        {
            newest.LastMinute = minute;
            return _newest;
        }

        if (!_lookup.TryGetValue(id, out int place) && !TryAdd(id, minute, out place)) return MinuteSeries.Others;
        _projects[place]!.LastMinute = minute;
        return _newest = place;
    }

    /// <summary>Sets a place, as in a handoff.</summary>
    public void Set(int place, MinuteProject project)
    {
        _projects[place] = project;
        _places.Add(project.Id, place);
    }

    /// <summary>Returns whether a project has a place.</summary>
    public bool Contains(byte[] id) => _places.ContainsKey(id);

    /// <summary>Removes the minutes after the current one, after the clock was set back.</summary>
    public void SetBack(long minute)
    {
        foreach (MinuteProject? project in _projects)
        {
            if (project is null) continue;
            project.FirstMinute = Math.Min(project.FirstMinute, minute);
            project.LastMinute = Math.Min(project.LastMinute, minute);
        }
    }

    private bool TryAdd(ReadOnlySpan<byte> id, long minute, out int place)
    {
        for (place = 0; place < _projects.Length; place++)
        {
            MinuteProject? project = _projects[place];
            if (project is not null && project.LastMinute > minute - MinuteTable.Minutes) continue;
            if (project is not null) _places.Remove(project.Id);
            Set(place, new MinuteProject(id.ToArray()) { FirstMinute = minute, LastMinute = minute });
            return true;
        }

        return false;
    }
}

/// <summary>A project with a place.</summary>
/// <param name="Id">The id. Must not be modified.</param>
internal sealed record MinuteProject(byte[] Id)
{
    /// <summary>The minute in which it got its place. Before that it may have been among the others.</summary>
    public long FirstMinute { get; set; }

    /// <summary>The last minute in which something of it was received.</summary>
    public long LastMinute { get; set; }
}
