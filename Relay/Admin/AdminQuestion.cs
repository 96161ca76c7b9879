namespace Cecelia.Relay.Admin;

/// <summary>The kind of a question. Closed.</summary>
internal enum AdminVerb
{
    /// <summary>A trace of one event; the key is that of <see cref="TraceKey"/>.</summary>
    TraceEvent,

    /// <summary>A trace of a task.</summary>
    TraceTask,

    /// <summary>A trace of an execution.</summary>
    TraceExecution,

    /// <summary>The open connections.</summary>
    Connections,

    /// <summary>To close a connection; the key is its id.</summary>
    Close,

    /// <summary>To close all connections of a user.</summary>
    CloseUser,
}

/// <summary>The names of <see cref="AdminVerb"/>.</summary>
internal static class AdminVerbs
{
    public static string ToWireName(this AdminVerb verb) => verb switch
    {
        AdminVerb.TraceEvent => "trace_event",
        AdminVerb.TraceTask => "trace_task",
        AdminVerb.TraceExecution => "trace_execution",
        AdminVerb.Connections => "connections",
        AdminVerb.Close => "close",
        _ => "close_user",
    };

    /// <summary>Reads a name. Null for a name of another version.</summary>
    public static AdminVerb? Parse(string? name) => Enum.GetValues<AdminVerb>().Cast<AdminVerb?>().FirstOrDefault(verb => verb!.Value.ToWireName() == name);
}

/// <summary>A question to all instances, or to one. Immutable.</summary>
/// <param name="Verb">What is asked.</param>
/// <param name="Key">About what; empty for all connections.</param>
internal sealed record AdminQuestion(AdminVerb Verb, string Key = "");
