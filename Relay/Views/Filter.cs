using System.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Views;

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

    private readonly string _canonical;

    private Filter(byte[][] projects, byte[][] tasks, byte[][] executions, NamePattern[] names)
    {
        (Projects, Tasks, Executions, Names) = (projects, tasks, executions, names);
        var text = new StringBuilder();
        foreach (byte[][] part in (ReadOnlySpan<byte[][]>)[projects, tasks, executions])
        {
            foreach (byte[] value in part) text.Append(Convert.ToHexString(value)).Append(',');
            text.Append('|');
        }

        foreach (NamePattern name in names) text.Append(Convert.ToHexString(name.Text)).Append(name.IsPrefix ? "*," : ",");
        _canonical = text.ToString();
    }

    /// <summary>Everything.</summary>
    public static Filter None { get; } = new([], [], [], []);

    public IReadOnlyList<byte[]> Projects { get; }

    public IReadOnlyList<byte[]> Tasks { get; }

    public IReadOnlyList<byte[]> Executions { get; }

    public IReadOnlyList<NamePattern> Names { get; }

    public bool IsNone => _canonical == None._canonical;

    /// <summary>Each value may itself be a list with commas. False with a sentence for the client when a value is empty, too long, or there are too many.</summary>
    public static bool TryMake(IEnumerable<string?> projects, IEnumerable<string?> tasks, IEnumerable<string?> executions, IEnumerable<string?> names, out Filter filter, out string? error)
    {
        filter = None;
        error = null;
        byte[][] p = Values(projects), t = Values(tasks), e = Values(executions), n = Values(names);
        if (p.Length + t.Length + e.Length + n.Length > MaxValues) error = $"A filter holds at most {MaxValues} values";
        else if (p.Concat(t).Concat(e).Concat(n).Any(value => value.Length is 0 or > MaxValueBytes)) error = $"A filter's value has 1 to {MaxValueBytes} bytes";
        else if (n.Any(name => name.AsSpan(0, name.Length - 1).Contains((byte)'*'))) error = "In a name's pattern, * stands at the end only, as in task:*";
        else filter = new Filter(p, t, e, [.. n.Select(NamePattern.Parse)]);
        return error is null;
    }

    /// <summary>What is of one project, and what is of none, which is meant for all (PROTOCOL.md, <i>Project boards</i>). As <see cref="TryMake"/>.</summary>
    public static bool TryMakeOfProject(string project, IEnumerable<string?> tasks, IEnumerable<string?> executions, IEnumerable<string?> names, out Filter filter, out string? error)
    {
        if (!TryMake([], tasks, executions, names, out filter, out error)) return false;
        byte[] value = Encoding.UTF8.GetBytes(project);
        if (value.Length is 0 or > MaxValueBytes) error = $"A project's id has 1 to {MaxValueBytes} bytes";
        else filter = new Filter([value, NoProject], [.. filter.Tasks], [.. filter.Executions], [.. filter.Names]);
        return error is null;
    }

    /// <summary>What is of one execution, which may hold commas, and has one of these names. As <see cref="TryMake"/>.</summary>
    public static bool TryMakeOfExecution(string execution, IReadOnlyList<string> names, out Filter filter, out string? error)
    {
        byte[] value = Encoding.UTF8.GetBytes(execution);
        filter = None;
        error = value.Length is 0 or > MaxValueBytes ? $"An execution's id has 1 to {MaxValueBytes} bytes" : null;
        if (error is null) filter = new Filter([], [], [value], [.. names.Select(name => NamePattern.Parse(Encoding.UTF8.GetBytes(name)))]);
        return error is null;
    }

    /// <summary>Whether the event is wanted. Allocates nothing.</summary>
    public bool Matches(DecodedEvent e) =>
        Any(Projects, e.ProjectId) && Any(Tasks, e.TaskId) && Any(Executions, e.ExecutionId) && WantsName(e.Name);

    public bool Equals(Filter? other) => other is not null && _canonical == other._canonical;

    public override bool Equals(object? obj) => Equals(obj as Filter);

    public override int GetHashCode() => _canonical.GetHashCode(StringComparison.Ordinal);

    private static byte[][] Values(IEnumerable<string?> given) =>
    [
        .. given.Where(text => text is not null)
            .SelectMany(text => text!.Split(',', StringSplitOptions.TrimEntries))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .Select(Encoding.UTF8.GetBytes),
    ];

    private static bool Any(IReadOnlyList<byte[]> wanted, ReadOnlySpan<byte> value)
    {
        if (wanted.Count == 0) return true;
        for (int i = 0; i < wanted.Count; i++)
        {
            if (value.SequenceEqual(wanted[i])) return true;
        }

        return false;
    }

    /// <summary>Whether an event of that name may be wanted. Allocates nothing.</summary>
    public bool WantsName(ReadOnlySpan<byte> name)
    {
        if (Names.Count == 0) return true;
        for (int i = 0; i < Names.Count; i++)
        {
            if (Names[i].Matches(name)) return true;
        }

        return false;
    }
}

/// <summary>An event's name, or what a name begins with (<c>task:*</c>).</summary>
internal readonly record struct NamePattern(byte[] Text, bool IsPrefix)
{
    public static NamePattern Parse(byte[] text) => text[^1] == '*' ? new NamePattern(text[..^1], true) : new NamePattern(text, false);

    public bool Matches(ReadOnlySpan<byte> name) => IsPrefix ? name.StartsWith(Text) : name.SequenceEqual(Text);
}
