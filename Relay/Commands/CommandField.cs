namespace Cecelia.Relay.Commands;

/// <summary>The fields that a command may have, as a set, so that a repeated one is detected.</summary>
[Flags]
internal enum CommandField
{
    None = 0,
    Cmd = 1,
    Type = 2,
    Data = 4,
    ProjectId = 8,
    Reference = 16,
    Timestamp = 32,
}

/// <summary>The names of <see cref="CommandField"/> and the rules for their combination.</summary>
internal static class CommandFields
{
    /// <summary>Returns <see cref="CommandField.None"/> for a name that a command may not have.</summary>
    public static CommandField Find(ReadOnlySpan<byte> name) => name switch
    {
        _ when name.SequenceEqual("cmd"u8) => CommandField.Cmd,
        _ when name.SequenceEqual("type"u8) => CommandField.Type,
        _ when name.SequenceEqual("data"u8) => CommandField.Data,
        _ when name.SequenceEqual("project_id"u8) => CommandField.ProjectId,
        _ when name.SequenceEqual("ref"u8) => CommandField.Reference,
        _ when name.SequenceEqual("timestamp"u8) => CommandField.Timestamp,
        _ => CommandField.None,
    };

    /// <summary>Returns true for the fields that hold the command's name.</summary>
    public static bool IsName(this CommandField field) => field is CommandField.Cmd or CommandField.Type;

    /// <summary>Returns the error if the field may not follow those before it, otherwise null.</summary>
    public static string? FindConflict(CommandField field, CommandField seen)
    {
        if (field == CommandField.None) return "A command has cmd or type, and data, project_id, timestamp and ref, and nothing else";
        if ((seen & field) != 0) return "A field of the command is given twice";
        return field.IsName() && (seen & (CommandField.Cmd | CommandField.Type)) != 0 ? "A command has either cmd or type, not both" : null;
    }
}
