using System.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Filters;

/// <summary>
/// Selects the events that a client receives (PROTOCOL.md, <i>Filters</i>) by project, task, execution and name. An event must match every part; an empty
/// part matches all events. Immutable. Filters with the same values are equal, regardless of their order.
/// </summary>
internal sealed class Filter : IEquatable<Filter>
{
    /// <summary>Maximum number of values in all parts together. Limits the work per event that one client can cause.</summary>
    public const int MaxValues = 256;

    /// <summary>Maximum length of a value in bytes of UTF-8, equal to that of an event's ids.</summary>
    public const int MaxValueBytes = 256;

    /// <summary>The project id of events without a project.</summary>
    private static readonly byte[] NoProject = [];

    /// <summary>Memory overhead of a value here and in <see cref="FilterIndex{T}"/>, as measured.</summary>
    private const int ValueOverheadBytes = 96;

    private readonly int _hash;

    private Filter(ValueSet projects, ValueSet tasks, ValueSet executions, IEnumerable<NamePattern> names)
    {
        (Projects, Tasks, Executions, Names) = (projects, tasks, executions, NamePattern.Reduce(names));
        _hash = HashCode.Combine(Projects, Tasks, Executions, Names.Count == 0 ? 0 : Names.Select(name => name.GetHashCode()).Aggregate(HashCode.Combine));
        Bytes = Projects.Concat(Tasks).Concat(Executions).Concat(Names.Select(name => name.Text)).Sum(value => (long)value.Length + ValueOverheadBytes);
    }

    /// <summary>The filter that matches every event.</summary>
    public static Filter None { get; } = new(ValueSet.Empty, ValueSet.Empty, ValueSet.Empty, []);

    /// <summary>The filter that matches no event, since no name has a control character.</summary>
    public static Filter Nothing { get; } = new(ValueSet.Empty, ValueSet.Empty, ValueSet.Empty, [new NamePattern([0], IsPrefix: false)]);

    public ValueSet Projects { get; }

    public ValueSet Tasks { get; }

    public ValueSet Executions { get; }

    public IReadOnlyList<NamePattern> Names { get; }

    /// <summary>Whether the filter matches every event.</summary>
    public bool IsNone => FilterShape.IndexOf(this) == 0;

    /// <summary>Upper bound of the filter's memory in bytes.</summary>
    public long Bytes { get; }

    /// <summary>
    /// Creates a filter. Each value may be a comma-separated list. Returns false and a message for the client if a value is empty or too long, or there are
    /// too many values.
    /// </summary>
    public static bool TryMake(
        IEnumerable<string?> projects,
        IEnumerable<string?> tasks,
        IEnumerable<string?> executions,
        IEnumerable<string?> names,
        out Filter filter,
        out string? error)
    {
        filter = None;
        error = null;
        byte[][] p = ParseValues(projects), t = ParseValues(tasks), e = ParseValues(executions), n = ParseValues(names);
        if (p.Length + t.Length + e.Length + n.Length > MaxValues) error = $"A filter can have at most {MaxValues} values";
        else if (p.Concat(t).Concat(e).Concat(n).Any(value => value.Length is 0 or > MaxValueBytes))
        {
            error = $"A filter value must have 1 to {MaxValueBytes} bytes";
        }
        else if (n.Any(name => name.AsSpan(0, name.Length - 1).Contains((byte)'*'))) error = "In a name pattern, * is allowed only at the end, as in task:*";
        else filter = new Filter(new ValueSet(p), new ValueSet(t), new ValueSet(e), n.Select(NamePattern.Parse));
        return error is null;
    }

    /// <summary>
    /// Creates a filter for the events of one project and those without a project, which are meant for all projects (PROTOCOL.md, <i>TaskTree format</i>).
    /// See <see cref="TryMake"/>.
    /// </summary>
    public static bool TryMakeOfProject(
        string project,
        IEnumerable<string?> tasks,
        IEnumerable<string?> executions,
        IEnumerable<string?> names,
        out Filter filter,
        out string? error)
    {
        if (!TryMake([], tasks, executions, names, out filter, out error)) return false;
        byte[] value = Encoding.UTF8.GetBytes(project);
        if (value.Length is 0 or > MaxValueBytes) error = $"A project id must have 1 to {MaxValueBytes} bytes";
        else filter = new Filter(new ValueSet(value, NoProject), filter.Tasks, filter.Executions, filter.Names);
        return error is null;
    }

    /// <summary>Creates a filter for the events of one execution with one of these names. The id may contain commas. See <see cref="TryMake"/>.</summary>
    public static bool TryMakeOfExecution(string execution, IReadOnlyList<string> names, out Filter filter, out string? error)
    {
        byte[] value = Encoding.UTF8.GetBytes(execution);
        filter = None;
        error = value.Length is 0 or > MaxValueBytes ? $"An execution id must have 1 to {MaxValueBytes} bytes" : null;
        if (error is null)
        {
            filter = new Filter(ValueSet.Empty, ValueSet.Empty, new ValueSet(value), names.Select(name => NamePattern.Parse(Encoding.UTF8.GetBytes(name))));
        }

        return error is null;
    }

    /// <summary>Creates a filter of valid values, each part of which matches all events if it is empty.</summary>
    /// <param name="projects">Project ids; an empty one is that of events without a project.</param>
    /// <param name="executions">Execution ids.</param>
    /// <param name="names">Names of events.</param>
    public static Filter Of(ValueSet projects, ValueSet executions, IEnumerable<NamePattern> names) => new(projects, ValueSet.Empty, executions, names);

    /// <summary>
    /// Returns the filter that matches the events that both filters match. Example: projects p1 and p2, and project p2 with names <c>task:*</c>, are together
    /// project p2 with names <c>task:*</c>; projects p1 and p2 are <see cref="Nothing"/>.
    /// </summary>
    public Filter Intersect(Filter other)
    {
        if (other.IsNone) return this;
        if (IsNone) return other;
        IReadOnlyList<NamePattern>? names = NamePattern.Intersect(Names, other.Names);
        return TryIntersect(Projects, other.Projects, out ValueSet projects)
            && TryIntersect(Tasks, other.Tasks, out ValueSet tasks)
            && TryIntersect(Executions, other.Executions, out ValueSet executions)
            && names is not null
            ? new Filter(projects, tasks, executions, names)
            : Nothing;
    }

    /// <summary>Returns whether the event matches. Allocates nothing.</summary>
    public bool Matches(DecodedEvent e) => Matches(e.ProjectId, e.TaskId, e.ExecutionId, e.Name);

    /// <summary>Returns whether an event with these keys matches. Allocates nothing.</summary>
    public bool Matches(ReadOnlySpan<byte> project, ReadOnlySpan<byte> task, ReadOnlySpan<byte> execution, ReadOnlySpan<byte> name) =>
        MatchesAny(Projects, project) && MatchesAny(Tasks, task) && MatchesAny(Executions, execution) && WantsName(name);

    public bool Equals(Filter? other) =>
        other is not null
            && other._hash == _hash
            && Projects.Equals(other.Projects)
            && Tasks.Equals(other.Tasks)
            && Executions.Equals(other.Executions)
            && Names.SequenceEqual(other.Names);

    public override bool Equals(object? obj) => Equals(obj as Filter);

    public override int GetHashCode() => _hash;

    private static byte[][] ParseValues(IEnumerable<string?> texts) =>
    [
        .. texts.Where(text => text is not null)
            .SelectMany(text => text!.Split(',', StringSplitOptions.TrimEntries))
            .Distinct(StringComparer.Ordinal)
            .Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>Returns false if both are restricted and have no value in common.</summary>
    private static bool TryIntersect(ValueSet first, ValueSet second, out ValueSet both)
    {
        both = first.Count == 0 ? second : second.Count == 0 ? first : new ValueSet([.. first.Where(value => second.Contains(value))]);
        return both.Count > 0 || (first.Count == 0 && second.Count == 0);
    }

    private static bool MatchesAny(ValueSet values, ReadOnlySpan<byte> value) => values.Count == 0 || values.Contains(value);

    /// <summary>Returns whether an event of that name can match. Allocates nothing.</summary>
    public bool WantsName(ReadOnlySpan<byte> name)
    {
        if (Names.Count == 0) return true;
        // No pattern covers another one, so only the last pattern that is not greater than the name can match.
        (int from, int to) = (0, Names.Count - 1);
        while (from <= to)
        {
            int middle = (from + to) / 2;
            if (name.SequenceCompareTo(Names[middle].Text) < 0) to = middle - 1;
            else from = middle + 1;
        }

        return to >= 0 && Names[to].Matches(name);
    }
}
