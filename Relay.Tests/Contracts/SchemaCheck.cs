using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Cecelia.Relay.Tests.Contracts;

/// <summary>
/// Judges values by the schemas of one document. It knows the words of JSON Schema that the contracts use, and fails on any other; no validator of others
/// could be had as a package. Ajv judges the examples as this does (frontend/contracts).
/// </summary>
/// <param name="document">What references lead into.</param>
/// <param name="closed">Members that no schema mentions are faults too, unless the schema says that any may be there.</param>
internal sealed class SchemaCheck(JsonElement document, bool closed = false)
{
    private static readonly HashSet<string> Annotations = ["$schema", "$id", "$comment", "$defs", "title", "description"];

    private readonly ConcurrentDictionary<string, JsonElement> _found = [];

    /// <summary>What is wrong with the value by the schema at <paramref name="reference"/>, such as <c>#/$defs/Id</c>; empty when it is valid.</summary>
    public IReadOnlyList<string> Faults(string reference, string json)
    {
        using JsonDocument value = JsonDocument.Parse(json);
        var faults = new List<string>();
        Look(Find(reference), value.RootElement, "", faults);
        return faults;
    }

    /// <summary>Fails with all that is wrong.</summary>
    public void Holds(string reference, string json)
    {
        IReadOnlyList<string> faults = Faults(reference, json);
        Assert.True(faults.Count == 0, $"{reference}: {string.Join("; ", faults)}: {json}");
    }

    private JsonElement Find(string reference) => _found.GetOrAdd(reference, wanted => wanted.Split('/').Skip(1).Aggregate(document, (at, step) => at.GetProperty(step)));

    private void Look(JsonElement schema, JsonElement value, string path, List<string> faults)
    {
        HashSet<string>? known = closed && value.ValueKind == JsonValueKind.Object ? [] : null;
        Apply(schema, value, path, faults, known);
        if (known is null || known.Count == 0) return;
        faults.AddRange(value.EnumerateObject().Where(member => !known.Contains(member.Name) && !known.Contains("*")).Select(member => $"{path}/{member.Name} is in no contract"));
    }

    private void Apply(JsonElement schema, JsonElement value, string path, List<string> faults, HashSet<string>? known)
    {
        if (schema.ValueKind == JsonValueKind.True) return;
        foreach (JsonProperty word in schema.EnumerateObject())
        {
            if (Annotations.Contains(word.Name) || word.Name is "then" or "else") continue;
            if (!Judge(schema, word, value, path, faults, known)) faults.Add($"{path} is not by {word.Name} {Short(word.Value)}");
        }
    }

    private bool Judge(JsonElement schema, JsonProperty word, JsonElement value, string path, List<string> faults, HashSet<string>? known)
    {
        switch (word.Name)
        {
            case "$ref":
                Apply(Find(word.Value.GetString()!), value, path, faults, known);
                return true;
            case "allOf":
                foreach (JsonElement one in word.Value.EnumerateArray()) Apply(one, value, path, faults, known);
                return true;
            case "anyOf":
                // All of them, since each that fits says what is known.
                return word.Value.EnumerateArray().Aggregate(false, (fits, one) => Fits(one, value, known) || fits);
            case "oneOf":
                return word.Value.EnumerateArray().Count(one => Fits(one, value, known)) == 1;
            case "not":
                return !Fits(word.Value, value, null);
            case "if":
                if (schema.TryGetProperty(Fits(word.Value, value, known) ? "then" : "else", out JsonElement branch)) Apply(branch, value, path, faults, known);
                return true;
            case "properties":
                known?.UnionWith(word.Value.EnumerateObject().Select(property => property.Name));
                if (value.ValueKind == JsonValueKind.Object)
                {
                    foreach (JsonProperty member in value.EnumerateObject().Where(member => word.Value.TryGetProperty(member.Name, out _)))
                        Look(word.Value.GetProperty(member.Name), member.Value, $"{path}/{member.Name}", faults);
                }

                return true;
            case "items":
                if (value.ValueKind != JsonValueKind.Array) return true;
                foreach ((int i, JsonElement item) in value.EnumerateArray().Index()) Look(word.Value, item, string.Create(CultureInfo.InvariantCulture, $"{path}/{i}"), faults);
                return true;
            case "additionalProperties":
                if (word.Value.GetBoolean()) known?.Add("*");
                else if (value.ValueKind == JsonValueKind.Object) return value.EnumerateObject().All(member => schema.GetProperty("properties").TryGetProperty(member.Name, out _));
                return true;
            default:
                return IsBy(word, value);
        }
    }

    private bool Fits(JsonElement schema, JsonElement value, HashSet<string>? known)
    {
        var faults = new List<string>();
        HashSet<string>? mentioned = known is null ? null : [];
        Apply(schema, value, "", faults, mentioned);
        if (faults.Count == 0) known?.UnionWith(mentioned!);
        return faults.Count == 0;
    }

    /// <summary>A word about something else than what the value is says nothing of it.</summary>
    private static bool IsBy(JsonProperty word, JsonElement value)
    {
        JsonElement want = word.Value;
        bool isObject = value.ValueKind == JsonValueKind.Object, isText = value.ValueKind == JsonValueKind.String, isNumber = value.ValueKind == JsonValueKind.Number;
        return word.Name switch
        {
            "type" => want.ValueKind == JsonValueKind.Array ? want.EnumerateArray().Any(type => Is(value, type.GetString()!)) : Is(value, want.GetString()!),
            "const" => JsonElement.DeepEquals(want, value),
            "enum" => want.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)),
            "required" => !isObject || want.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)),
            "propertyNames" => !isObject || value.EnumerateObject().All(member => want.GetProperty("enum").EnumerateArray().Any(name => name.GetString() == member.Name)),
            "maxProperties" => !isObject || value.EnumerateObject().Count() <= want.GetInt32(),
            "minLength" => !isText || value.GetString()!.EnumerateRunes().Count() >= want.GetInt32(),
            "maxLength" => !isText || value.GetString()!.EnumerateRunes().Count() <= want.GetInt32(),
            "pattern" => !isText || Regex.IsMatch(value.GetString()!, OfJavaScript(want.GetString()!), RegexOptions.ECMAScript),
            "minimum" => !isNumber || Compare(value, want) >= 0,
            "maximum" => !isNumber || Compare(value, want) <= 0,
            "exclusiveMaximum" => !isNumber || Compare(value, want) < 0,
            _ => throw new NotSupportedException($"SchemaCheck does not know the word {word.Name}"),
        };
    }

    private static bool Is(JsonElement value, string type) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && double.IsInteger(value.GetDouble()),
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        _ => throw new NotSupportedException($"SchemaCheck does not know the type {type}"),
    };

    private static int Compare(JsonElement a, JsonElement b) =>
        a.TryGetDecimal(out decimal exactA) && b.TryGetDecimal(out decimal exactB) ? exactA.CompareTo(exactB) : a.GetDouble().CompareTo(b.GetDouble());

    /// <summary>In .NET a <c>$</c> lets a line feed follow.</summary>
    private static string OfJavaScript(string pattern) => pattern.EndsWith('$') ? pattern[..^1] + @"(?![\s\S])" : pattern;

    private static string Short(JsonElement element)
    {
        string text = new StringBuilder(element.GetRawText()).Replace("\n", "").Replace(" ", "").ToString();
        return text.Length <= 100 ? text : text[..100] + "…";
    }
}
