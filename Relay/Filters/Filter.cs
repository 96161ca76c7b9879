using System.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Filters;

/// <summary>
/// Which events a client wants (PROTOCOL.md, <i>Filters</i>): any of some projects, and any of some tasks, and any of some executions, and any of
/// some names; a part that is empty asks for nothing. Immutable; two filters that ask for the same are equal, in whatever order they were written.
/// </summary>
internal sealed class Filter : IEquatable<Filter>
{
    /// <summary>Most values in all parts together: what one client may make every event be compared with.</summary>
    public const int MaxValues = 256;

    /// <summary>Longest value, in bytes of UTF-8: as long as an event's own may be.</summary>
    public const int MaxValueBytes = 256;

    /// <summary>The project of events that have none.</summary>
    private static readonly byte[] NoProject = [];

    /// <summary>Memory of a value beside its own bytes, in <see cref="FilterIndex{T}"/> and here, as measured.</summary>
    private const int ValueOverheadBytes = 96;

    private readonly int _hash;

    private Filter(ValueSet projects, ValueSet tasks, ValueSet executions, IEnumerable<NamePattern> names)
    {
        (Projects, Tasks, Executions, Names) = (projects, tasks, executions, NamePattern.Reduce(names));
        _hash = HashCode.Combine(Projects, Tasks, Executions, Names.Count == 0 ? 0 : Names.Select(name => name.GetHashCode()).Aggregate(HashCode.Combine));
        Bytes = Projects.Concat(Tasks).Concat(Executions).Concat(Names.Select(name => name.Text)).Sum(value => (long)value.Length + ValueOverheadBytes);
    }

    /// <summary>Everything.</summary>
    public static Filter None { get; } = new(ValueSet.Empty, ValueSet.Empty, ValueSet.Empty, []);

    public ValueSet Projects { get; }

    public ValueSet Tasks { get; }

    public ValueSet Executions { get; }

    public IReadOnlyList<NamePattern> Names { get; }

    public bool IsNone => FilterShape.IndexOf(this) == 0;

    /// <summary>Memory that it takes, in bytes, at most.</summary>
    public long Bytes { get; }

    /// <summary>Each value may itself be a list with commas. False with a sentence for the client when a value is empty, too long, or there are too many.</summary>
    public static bool TryMake(IEnumerable<string?> projects, IEnumerable<string?> tasks, IEnumerable<string?> executions, IEnumerable<string?> names, out Filter filter, out string? error)
    {
        filter = None;
        error = null;
        byte[][] p = Values(projects), t = Values(tasks), e = Values(executions), n = Values(names);
        if (p.Length + t.Length + e.Length + n.Length > MaxValues) error = $"A filter holds at most {MaxValues} values";
        else if (p.Concat(t).Concat(e).Concat(n).Any(value => value.Length is 0 or > MaxValueBytes)) error = $"A filter's value has 1 to {MaxValueBytes} bytes";
        else if (n.Any(name => name.AsSpan(0, name.Length - 1).Contains((byte)'*'))) error = "In a name's pattern, * stands at the end only, as in task:*";
        else filter = new Filter(new ValueSet(p), new ValueSet(t), new ValueSet(e), n.Select(NamePattern.Parse));
        return error is null;
    }

    /// <summary>What is of one project, and what is of none, which is meant for all (PROTOCOL.md, <i>TaskTree format</i>). As <see cref="TryMake"/>.</summary>
    public static bool TryMakeOfProject(string project, IEnumerable<string?> tasks, IEnumerable<string?> executions, IEnumerable<string?> names, out Filter filter, out string? error)
    {
        if (!TryMake([], tasks, executions, names, out filter, out error)) return false;
        byte[] value = Encoding.UTF8.GetBytes(project);
        if (value.Length is 0 or > MaxValueBytes) error = $"A project's id has 1 to {MaxValueBytes} bytes";
        else filter = new Filter(new ValueSet(value, NoProject), filter.Tasks, filter.Executions, filter.Names);
        return error is null;
    }

    /// <summary>What is of one execution, which may hold commas, and has one of these names. As <see cref="TryMake"/>.</summary>
    public static bool TryMakeOfExecution(string execution, IReadOnlyList<string> names, out Filter filter, out string? error)
    {
        byte[] value = Encoding.UTF8.GetBytes(execution);
        filter = None;
        error = value.Length is 0 or > MaxValueBytes ? $"An execution's id has 1 to {MaxValueBytes} bytes" : null;
        if (error is null) filter = new Filter(ValueSet.Empty, ValueSet.Empty, new ValueSet(value), names.Select(name => NamePattern.Parse(Encoding.UTF8.GetBytes(name))));
        return error is null;
    }

    /// <summary>Whether the event is wanted. Allocates nothing.</summary>
    public bool Matches(DecodedEvent e) =>
        Any(Projects, e.ProjectId) && Any(Tasks, e.TaskId) && Any(Executions, e.ExecutionId) && WantsName(e.Name);

    public bool Equals(Filter? other) =>
        other is not null && other._hash == _hash && Projects.Equals(other.Projects) && Tasks.Equals(other.Tasks) && Executions.Equals(other.Executions) && Names.SequenceEqual(other.Names);

    public override bool Equals(object? obj) => Equals(obj as Filter);

    public override int GetHashCode() => _hash;

    private static byte[][] Values(IEnumerable<string?> given) =>
    [
        .. given.Where(text => text is not null)
            .SelectMany(text => text!.Split(',', StringSplitOptions.TrimEntries))
            .Distinct(StringComparer.Ordinal)
            .Select(Encoding.UTF8.GetBytes),
    ];

    private static bool Any(ValueSet wanted, ReadOnlySpan<byte> value) => wanted.Count == 0 || wanted.Contains(value);

    /// <summary>Whether an event of that name may be wanted. Allocates nothing.</summary>
    public bool WantsName(ReadOnlySpan<byte> name)
    {
        if (Names.Count == 0) return true;
        // No pattern covers another one, so only the last that is not behind the name can match it.
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
