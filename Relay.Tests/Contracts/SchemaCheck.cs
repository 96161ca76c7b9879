using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace Cecelia.Relay.Tests.Contracts;

/// <summary>
/// Validates messages against the schemas of one document with JsonSchema.Net. Ajv validates the same examples (frontend/contracts). Thread-safe.
/// </summary>
/// <param name="document">A JSON Schema or an AsyncAPI document, with all the schemas that its references lead to.</param>
/// <param name="closed">Reports members that no schema mentions as faults too, unless the schema allows any.</param>
internal sealed class SchemaCheck(JsonElement document, bool closed = false)
{
    private const string Definitions = "#/$defs/";
    private const string Components = "#/components/schemas/";

    /// <summary>Marks an object that may have any members.</summary>
    private const string Any = "*";

    private static readonly EvaluationOptions Options = new() { OutputFormat = OutputFormat.List };

    /// <summary>Building adds to a registry that all schemas share. Two at once have left one with references that were not found.</summary>
    private static readonly Lock Building = new();

    private readonly ConcurrentDictionary<string, JsonSchema> _schemas = [];

    /// <summary>Returns the violations of the schema at <paramref name="reference"/>, such as <c>#/$defs/Id</c>; empty if the value is valid.</summary>
    public IReadOnlyList<string> Faults(string reference, string json)
    {
        using JsonDocument value = JsonDocument.Parse(json);
        EvaluationResults results = Find(reference).Evaluate(value.RootElement, Options);
        if (!results.IsValid) return [.. Errors(results)];
        return closed ? [.. Unmentioned(value.RootElement, "", Mentioned(results))] : [];
    }

    /// <summary>Fails with all violations.</summary>
    public void Holds(string reference, string json)
    {
        IReadOnlyList<string> faults = Faults(reference, json);
        Assert.True(faults.Count == 0, $"{reference}: {string.Join("; ", faults)}: {json}");
    }

    private JsonSchema Find(string reference)
    {
        if (_schemas.TryGetValue(reference, out JsonSchema? found)) return found;
        lock (Building)
        {
            if (_schemas.TryGetValue(reference, out found)) return found;
            JsonSchema built = Build(reference);
            // The first evaluation finds what the references lead to.
            using JsonDocument any = JsonDocument.Parse("null");
            built.Evaluate(any.RootElement, Options);
            return _schemas[reference] = built;
        }
    }

    private static List<string> Errors(EvaluationResults results)
    {
        var all = (results.Details ?? []).Prepend(results)
            .Where(one => one.Errors is not null)
            .SelectMany(one => one.Errors!.Select(error => $"{one.InstanceLocation} {error.Key}: {error.Value}"))
            .ToList();
        return all.Count > 0 ? all : ["is not valid"];
    }

    /// <summary>
    /// Returns the member names that the applicable schemas mention, by the location of each object. A location is missing if they mention none.
    /// </summary>
    private static Dictionary<string, HashSet<string>> Mentioned(EvaluationResults results)
    {
        var mentioned = new Dictionary<string, HashSet<string>>();
        foreach (EvaluationResults one in (results.Details ?? []).Prepend(results).Where(one => one.IsValid && one.Annotations is not null))
        {
            foreach ((string keyword, JsonElement names) in one.Annotations!)
            {
                if (keyword is not ("properties" or "additionalProperties")) continue;
                string location = one.InstanceLocation.ToString();
                if (!mentioned.TryGetValue(location, out HashSet<string>? known)) mentioned[location] = known = [];
                if (names.ValueKind == JsonValueKind.Array) known.UnionWith(names.EnumerateArray().Select(name => name.GetString()!));
                else if (names.ValueKind == JsonValueKind.True) known.Add(Any);
            }
        }

        return mentioned;
    }

    private static IEnumerable<string> Unmentioned(JsonElement value, string location, Dictionary<string, HashSet<string>> mentioned)
    {
        if (value.ValueKind == JsonValueKind.Array) return value.EnumerateArray().SelectMany((item, i) => Unmentioned(item, $"{location}/{i}", mentioned));
        if (value.ValueKind != JsonValueKind.Object || !mentioned.TryGetValue(location, out HashSet<string>? known)) return [];
        return value.EnumerateObject().SelectMany(member =>
        {
            string inside = $"{location}/{member.Name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
            return known.Contains(member.Name) || known.Contains(Any) ? Unmentioned(member.Value, inside, mentioned) : [$"{inside} is in no contract"];
        });
    }

    /// <summary>Builds a schema that refers to the requested one. The schemas of an AsyncAPI document move to where a JSON Schema has them.</summary>
    private JsonSchema Build(string reference)
    {
        if (reference == "#") return JsonSchema.FromText(FromJavaScript(JsonNode.Parse(document.GetRawText())!).ToJsonString());
        JsonElement definitions = document.TryGetProperty("$defs", out JsonElement own) ? own : document.GetProperty("components").GetProperty("schemas");
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["$ref"] = reference.Replace(Components, Definitions, StringComparison.Ordinal),
            ["$defs"] = JsonNode.Parse(definitions.GetRawText().Replace(Components, Definitions, StringComparison.Ordinal)),
        };
        return JsonSchema.FromText(FromJavaScript(schema).ToJsonString());
    }

    /// <summary>Adapts JavaScript patterns. In .NET a <c>$</c> also matches before a line feed, so it is replaced.</summary>
    private static JsonNode FromJavaScript(JsonNode schema)
    {
        if (schema is JsonObject members)
        {
            foreach ((string name, JsonNode? value) in members.ToArray())
            {
                if (name == "pattern" && value is JsonValue text && text.GetValue<string>() is var pattern && pattern.EndsWith('$'))
                {
                    members[name] = pattern[..^1] + @"(?![\s\S])";
                }
                else if (value is not null) FromJavaScript(value);
            }
        }
        else if (schema is JsonArray items)
        {
            foreach (JsonNode item in items.OfType<JsonNode>()) FromJavaScript(item);
        }

        return schema;
    }
}
