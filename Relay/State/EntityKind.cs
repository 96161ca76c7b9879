namespace Cecelia.Relay.State;

/// <summary>The kinds of things that Brain's work consists of, in the order of a snapshot's sections.</summary>
internal enum EntityKind
{
    /// <summary>By task id.</summary>
    Task,

    /// <summary>By the publisher's <c>source</c>, or the empty key.</summary>
    Executor,

    /// <summary>By execution id; the empty key is System D's only session.</summary>
    Execution,

    /// <summary>By execution id (or empty) and node id.</summary>
    Node,

    /// <summary>By project id (or empty) and agent id.</summary>
    Agent,

    /// <summary>By project id, or the empty key.</summary>
    Project,
}

/// <summary>A set of <see cref="EntityKind"/>.</summary>
[Flags]
internal enum EntityKinds
{
    None = 0,
    Task = 1 << EntityKind.Task,
    Executor = 1 << EntityKind.Executor,
    Execution = 1 << EntityKind.Execution,
    Node = 1 << EntityKind.Node,
    Agent = 1 << EntityKind.Agent,
    Project = 1 << EntityKind.Project,
    All = Task | Executor | Execution | Node | Agent | Project,
}

/// <summary>The word for each kind: the section of a snapshot, and the tag in a handoff.</summary>
internal static class EntitySections
{
    /// <summary>How many kinds there are.</summary>
    public const int Count = 6;

    public static ReadOnlySpan<byte> Section(this EntityKind kind) => kind switch
    {
        EntityKind.Task => "tasks"u8,
        EntityKind.Executor => "executor"u8,
        EntityKind.Execution => "executions"u8,
        EntityKind.Node => "nodes"u8,
        EntityKind.Agent => "agents"u8,
        EntityKind.Project => "projects"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no kind"),
    };

    /// <summary>One of them, for metrics.</summary>
    public static string ToWireName(this EntityKind kind) => kind switch
    {
        EntityKind.Task => "task",
        EntityKind.Executor => "executor",
        EntityKind.Execution => "execution",
        EntityKind.Node => "node",
        EntityKind.Agent => "agent",
        EntityKind.Project => "project",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no kind"),
    };

    /// <summary>False for a word that is no section.</summary>
    public static bool TryFind(ReadOnlySpan<byte> section, out EntityKind kind)
    {
        for (kind = 0; (int)kind < Count; kind++)
        {
            if (section.SequenceEqual(kind.Section())) return true;
        }

        return false;
    }
}
