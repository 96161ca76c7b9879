using System.Text;
using System.Text.Json;
using Cecelia.Relay.Events;
using Cecelia.Relay.Filters;

namespace Cecelia.Relay.Access;

/// <summary>Reads and writes the claim with the rights (PROTOCOL.md, <i>Access</i>). Stateless.</summary>
internal static class RightsClaim
{
    private const string All = "*";

    /// <summary>Returns the rights, or null if the claim is invalid. An absent claim grants nothing.</summary>
    /// <param name="claim">The claim; undefined or null if the token has none.</param>
    /// <param name="names">The names of the claim's members.</param>
    public static Rights? Read(JsonElement claim, RightsMembers names)
    {
        if (claim.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null) return Rights.None;
        if (
            claim.ValueKind != JsonValueKind.Object
                || !TryReadList(claim, names.Projects, out List<byte[]> projects)
                || !TryReadList(claim, names.Executions, out List<byte[]> executions)
                || !TryReadList(claim, names.Events, out List<byte[]> events)
                || !TryReadList(claim, names.Commands, out List<byte[]> commands)
                || !TryReadRole(claim, names.Role, out Role role)
                || !TryReadFlag(claim, names.Shared, out bool isShared))
            return null;
        if (projects.Count + executions.Count + events.Count + commands.Count > Filter.MaxValues) return null;
        // A pattern within a name, such as ta*sk, has no meaning; treating it as a name would grant less than was meant, in silence.
        if (events.Concat(commands).Any(name => name.AsSpan(0, name.Length - 1).Contains((byte)'*'))) return null;
        return new Rights(role, Visible(projects, executions, events, isShared), [.. commands.Select(NamePattern.Parse)]);
    }

    /// <summary>Writes the members of the claim under their default names. <see cref="Read"/> returns equal rights.</summary>
    public static void Write(Utf8JsonWriter json, Rights rights)
    {
        Filter visible = rights.Visible;
        bool isNothing = visible.Equals(Filter.Nothing);
        IEnumerable<string> projects = visible.Projects.Count == 0 ? [All] : Texts(visible.Projects.Where(id => id.Length > 0));
        WriteList(json, RightsMembers.Default.Projects, isNothing ? [] : projects);
        WriteList(json, RightsMembers.Default.Executions, isNothing ? [] : visible.Executions.Count == 0 ? [All] : Texts(visible.Executions));
        WriteList(json, RightsMembers.Default.Events, isNothing ? [] : visible.Names.Count == 0 ? [All] : visible.Names.Select(Text));
        WriteList(json, RightsMembers.Default.Commands, rights.Commands.Select(Text));
        if (rights.Role != Role.None) json.WriteString(RightsMembers.Default.Role, rights.Role.ToWireName());
        json.WriteBoolean(RightsMembers.Default.Shared, visible.Projects.Contains([]));
    }

    private static Filter Visible(List<byte[]> projects, List<byte[]> executions, List<byte[]> events, bool isShared)
    {
        if (projects.Count == 0 && !isShared) return Filter.Nothing;
        if (executions.Count == 0 || events.Count == 0) return Filter.Nothing;
        if (isShared) projects.Add([]);
        return Filter.Of(SetOf(projects), SetOf(executions), events.Select(NamePattern.Parse));
    }

    private static ValueSet SetOf(List<byte[]> values) => values.Any(value => value is [(byte)'*']) ? ValueSet.Empty : new ValueSet([.. values]);

    /// <summary>Reads a list of strings and integers, or a single one. Returns false if it is anything else.</summary>
    private static bool TryReadList(JsonElement claim, string name, out List<byte[]> values)
    {
        values = [];
        if (!claim.TryGetProperty(name, out JsonElement list) || list.ValueKind == JsonValueKind.Null) return true;
        if (list.ValueKind != JsonValueKind.Array) return TryAdd(list, values);
        foreach (JsonElement value in list.EnumerateArray())
        {
            if (values.Count > Filter.MaxValues || !TryAdd(value, values)) return false;
        }

        return true;
    }

    private static bool TryAdd(JsonElement value, List<byte[]> values)
    {
        string? text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            // As in events: an identifier may be an integer, and its text is its digits.
            JsonValueKind.Number when value.GetRawText().All(c => char.IsAsciiDigit(c) || c == '-') => value.GetRawText(),
            _ => null,
        };
        if (text is null) return false;
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length is 0 or > Filter.MaxValueBytes || text.Any(char.IsControl)) return false;
        values.Add(bytes);
        return true;
    }

    private static bool TryReadRole(JsonElement claim, string name, out Role role)
    {
        role = Role.None;
        if (!claim.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null) return true;
        if (value.ValueKind != JsonValueKind.String) return false;
        string text = value.GetString()!;
        role = Enum.GetValues<Role>().FirstOrDefault(one => one != Role.None && one.ToWireName() == text);
        return role != Role.None;
    }

    private static bool TryReadFlag(JsonElement claim, string name, out bool value)
    {
        value = false;
        if (!claim.TryGetProperty(name, out JsonElement flag) || flag.ValueKind == JsonValueKind.Null) return true;
        value = flag.ValueKind == JsonValueKind.True;
        return flag.ValueKind is JsonValueKind.True or JsonValueKind.False;
    }

    private static string Text(NamePattern name) => Encoding.UTF8.GetString(name.Text) + (name.IsPrefix ? All : "");

    private static IEnumerable<string> Texts(IEnumerable<byte[]> values) => values.Select(Encoding.UTF8.GetString);

    private static void WriteList(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }
}

/// <summary>The names of the members of the claim with the rights. Immutable.</summary>
internal sealed record RightsMembers(string Projects, string Executions, string Events, string Commands, string Role, string Shared)
{
    public static RightsMembers Default { get; } = new("projects", "executions", "events", "commands", "role", "shared");

    public override string ToString() => string.Join(',', Projects, Executions, Events, Commands, Role, Shared);

    /// <summary>Reads six different names, separated by commas.</summary>
    /// <exception cref="FormatException">The text is anything else.</exception>
    public static RightsMembers Parse(string text)
    {
        string[] names = text.Split(',', StringSplitOptions.TrimEntries);
        return names.Length == 6 && names.All(name => name.Length > 0) && names.Distinct(StringComparer.Ordinal).Count() == 6
            ? new RightsMembers(names[0], names[1], names[2], names[3], names[4], names[5])
            : throw new FormatException($"must be six different names like {Default}, not '{text}'");
    }
}
