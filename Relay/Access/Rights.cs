using System.Text;
using Cecelia.Relay.Filters;

namespace Cecelia.Relay.Access;

/// <summary>The events that the holder of a token may see, and the commands that it may send (PROTOCOL.md, <i>Access</i>). Immutable.</summary>
/// <param name="Role">The role.</param>
/// <param name="Visible">The events that may be seen. Filters of clients are intersected with it.</param>
/// <param name="Commands">The names of the commands that may be sent, if the role permits commands.</param>
internal sealed record Rights(Role Role, Filter Visible, IReadOnlyList<NamePattern> Commands)
{
    /// <summary>No rights at all.</summary>
    public static Rights None { get; } = new(Role.None, Filter.Nothing, []);

    /// <summary>Whether names of publishers and addresses of servers are left out of gaps and link texts.</summary>
    public bool HidesSources => Role < Role.Command;

    /// <summary>Upper bound of the memory in bytes.</summary>
    public long Bytes => Visible.Bytes + Commands.Sum(name => (long)name.Text.Length + 96);

    /// <summary>Returns those of the names that may be sent as commands; null if the role permits none.</summary>
    /// <param name="names">The names that the relay accepts; a single <c>*</c> means any.</param>
    public IReadOnlyList<string>? SelectCommands(IReadOnlyList<string> names)
    {
        if (Role < Role.Command) return null;
        if (names is ["*"]) return [.. Commands.Select(name => Encoding.UTF8.GetString(name.Text) + (name.IsPrefix ? "*" : ""))];
        return [.. names.Where(MayCommand)];
    }

    /// <summary>Returns whether a command of that name may be sent.</summary>
    public bool MayCommand(string name)
    {
        if (Role < Role.Command) return false;
        byte[] text = Encoding.UTF8.GetBytes(name);
        return Commands.Any(pattern => pattern.Matches(text));
    }

    /// <summary>
    /// Returns whether something that names this project may be sent or received; empty: it names none, which a token that is limited by project permits only
    /// if it is <c>shared</c>.
    /// </summary>
    public bool IncludesProject(ReadOnlySpan<byte> project) => Visible.Projects.Count == 0 || Visible.Projects.Contains(project);

    /// <summary>Returns whether something that names this execution may be sent or received.</summary>
    public bool IncludesExecution(ReadOnlySpan<byte> execution) => Visible.Executions.Count == 0 || Visible.Executions.Contains(execution);

    public bool Equals(Rights? other) =>
        other is not null && Role == other.Role && Visible.Equals(other.Visible) && Commands.SequenceEqual(other.Commands);

    public override int GetHashCode() => HashCode.Combine(Role, Visible, Commands.Count);
}
