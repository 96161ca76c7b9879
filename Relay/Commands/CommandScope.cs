using System.Text.Json;
using Cecelia.Relay.Access;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Commands;

/// <summary>Finds out whether the projects and executions that a command names are within the rights of its sender. Stateless.</summary>
internal static class CommandScope
{
    /// <summary>
    /// Returns false if the command names a project or an execution that is not included, by whatever spelling, or names none although the rights are
    /// limited. If a name is repeated, each one counts, since readers of JSON differ in which they take.
    /// </summary>
    /// <param name="rights">The rights of the sender.</param>
    /// <param name="command">A command without an error.</param>
    /// <param name="text">The message's text, to which the command's slices refer.</param>
    public static bool Permits(Rights rights, in ClientCommand command, ReadOnlySpan<byte> text)
    {
        (bool hasProject, bool hasExecution) = (false, false);
        if (!command.ProjectId.IsEmpty)
        {
            var value = new Utf8JsonReader(command.ProjectId.Get(text));
            value.Read();
            if (!Includes(rights, isProject: true, ref value)) return false;
            hasProject = true;
        }

        if (!command.Data.IsEmpty)
        {
            var data = new Utf8JsonReader(command.Data.Get(text), new JsonReaderOptions { MaxDepth = 128 });
            data.Read();
            while (data.Read() && data.TokenType == JsonTokenType.PropertyName)
            {
                DataField field = DataReading.FieldOf(ref data);
                data.Read();
                bool isProject = field is DataField.ProjectId or DataField.ProjectIdAlternate;
                bool isExecution = field is DataField.ExecutionId or DataField.ExecutionIdAlternate;
                if ((isProject || isExecution) && data.TokenType != JsonTokenType.Null)
                {
                    if (!Includes(rights, isProject, ref data)) return false;
                    (hasProject, hasExecution) = (hasProject || isProject, hasExecution || isExecution);
                }

                data.Skip();
            }
        }

        return (hasProject || rights.IncludesProject([])) && (hasExecution || rights.IncludesExecution([]));
    }

    /// <summary>Returns whether the value that the reader is at is an identifier that the rights include.</summary>
    private static bool Includes(Rights rights, bool isProject, ref Utf8JsonReader value)
    {
        Span<byte> buffer = stackalloc byte[EventLimits.KeyBytes];
        ReadOnlySpan<byte> id = value.TokenType switch
        {
            JsonTokenType.String => value.ShortText(buffer),
            JsonTokenType.Number => value.ValueSpan,
            _ => default,
        };
        // An empty text stands for no project, and a value that is not an identifier could be read as anything.
        if (id.IsEmpty) return isProject ? rights.Visible.Projects.Count == 0 : rights.Visible.Executions.Count == 0;
        return isProject ? rights.IncludesProject(id) : rights.IncludesExecution(id);
    }
}
