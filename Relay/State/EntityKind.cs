namespace Cecelia.Relay.State;

/// <summary>The kinds of entities, in the order of a snapshot's sections.</summary>
internal enum EntityKind
{
    /// <summary>A task, identified by its id.</summary>
    Task,

    /// <summary>An executor, identified by the publisher's <c>source</c>, or by the empty key.</summary>
    Executor,

    /// <summary>An execution, identified by its id. The empty key is the only session of a Workflow publisher that gives no execution id.</summary>
    Execution,

    /// <summary>A workflow node, identified by execution id (or empty) and node id.</summary>
    Node,

    /// <summary>An agent, identified by project id (or empty) and agent id.</summary>
    Agent,

    /// <summary>A project, identified by its id, or by the empty key.</summary>
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

/// <summary>The names of the kinds.</summary>
internal static class EntitySections
{
    /// <summary>Number of kinds.</summary>
    public const int Count = 6;

    /// <summary>Returns the name of the kind's section in a snapshot, which is also its tag in a handoff.</summary>
    public static ReadOnlySpan<byte> Section(this EntityKind kind) => kind switch
    {
        EntityKind.Task => "tasks"u8,
        EntityKind.Executor => "executor"u8,
        EntityKind.Execution => "executions"u8,
        EntityKind.Node => "nodes"u8,
        EntityKind.Agent => "agents"u8,
        EntityKind.Project => "projects"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown kind"),
    };

    /// <summary>Returns the name of the kind in metrics.</summary>
    public static string ToWireName(this EntityKind kind) => kind switch
    {
        EntityKind.Task => "task",
        EntityKind.Executor => "executor",
        EntityKind.Execution => "execution",
        EntityKind.Node => "node",
        EntityKind.Agent => "agent",
        EntityKind.Project => "project",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown kind"),
    };

    /// <summary>Finds the kind of a section. Returns false if there is no such section.</summary>
    public static bool TryFind(ReadOnlySpan<byte> section, out EntityKind kind)
    {
        for (kind = 0; (int)kind < Count; kind++)
        {
            if (section.SequenceEqual(kind.Section())) return true;
        }

        return false;
    }
}
