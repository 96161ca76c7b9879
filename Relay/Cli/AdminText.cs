using System.Text.Json;

namespace Cecelia.Relay.Cli;

/// <summary>Text about the instances that answered, from a response of the relay.</summary>
internal static class AdminText
{
    /// <summary>Returns whether every instance answered.</summary>
    public static bool IsComplete(JsonElement response) =>
        Number(response, "answered") == Number(response, "of") && !response.TryGetProperty("reason", out _);

    /// <summary>Returns a sentence on which instances answered, for example <c>2 of 3 instances answered, not 1f2e3d</c>.</summary>
    public static string Answered(JsonElement response)
    {
        long of = Number(response, "of");
        string text = FormattableString.Invariant($"{Number(response, "answered")} of {of} {(of == 1 ? "instance" : "instances")} answered");
        string[] missing = response.TryGetProperty("missing", out JsonElement names) ? [.. names.EnumerateArray().Select(Clean)] : [];
        if (missing.Length > 0) text += $", not {string.Join(", ", missing)}";
        if (Number(response, "unnamed") is > 0 and var unnamed) text += FormattableString.Invariant($", and not {unnamed} whose name is not known");
        return response.TryGetProperty("reason", out JsonElement reason) ? $"{text}; {Clean(reason)}" : text;
    }

    /// <summary>Returns a member that is text, without control characters; empty if there is none.</summary>
    public static string Text(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? Clean(value) : "";

    /// <summary>Returns a member that is a number; 0 if there is none.</summary>
    public static long Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : 0;

    /// <summary>Returns the elements of a member that is an array; none if there is none.</summary>
    public static IEnumerable<JsonElement> Items(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];

    /// <summary>Returns a value as text, without control characters: others chose it, and a terminal would obey an escape sequence in it.</summary>
    public static string Clean(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null ? "" : string.Concat(value.ToString().Select(one => char.IsControl(one) ? '\uFFFD' : one));
}
