using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace Cecelia.Relay.Contracts;

/// <summary>
/// Makes JSON Schema of contracts, in what drafts 7 and 2020-12 have in common: AsyncAPI wants the former. Each contract becomes one definition that the
/// others refer to. Not thread-safe.
/// </summary>
/// <param name="prefix">Where the definitions will stand in the document, such as <c>#/$defs/</c>.</param>
internal sealed class ContractSchemas(string prefix)
{
    private static readonly JsonSerializerOptions Wire = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        RespectNullableAnnotations = true,
    };

    private readonly SortedDictionary<string, JsonObject> _definitions = new(StringComparer.Ordinal);

    /// <summary>All definitions so far, by name. Each is in one document at most, so they can be taken once.</summary>
    public IReadOnlyDictionary<string, JsonObject> Definitions => _definitions;

    /// <summary>A reference to the definition of that name, which must exist by the end.</summary>
    public JsonObject Reference(string name) => new() { ["$ref"] = prefix + name };

    /// <summary>A reference to the contract's definition, which is made with the first.</summary>
    public JsonObject Reference(Type contract)
    {
        if (!_definitions.ContainsKey(contract.Name))
        {
            // In place before it is filled: a contract may refer to itself.
            _definitions.Add(contract.Name, []);
            _definitions[contract.Name] = Make(contract);
        }

        return Reference(contract.Name);
    }

    /// <summary>Adds a definition that is not a contract of its own.</summary>
    public JsonObject Define(string name, JsonObject schema)
    {
        _definitions.Add(name, schema);
        return Reference(name);
    }

    /// <summary>A new schema of the contract, which the caller may change.</summary>
    public JsonObject Make(Type contract)
    {
        var options = new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = (context, node) => Complete(context, node, contract) };
        return (JsonObject)JsonSchemaExporter.GetJsonSchemaAsNode(Wire, contract, options);
    }

    private JsonObject Complete(JsonSchemaExporterContext context, JsonNode exported, Type root)
    {
        Type type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        bool isRoot = context.Path.IsEmpty;
        bool isNullable = !isRoot && (context.TypeInfo.Type != type || context.PropertyInfo?.IsGetNullable == true);
        JsonObject schema = (isRoot ? SharedParts.SchemaOf(type) : null) ?? Words(type) ?? exported as JsonObject ?? [];
        if (!isRoot && IsContract(type))
        {
            JsonObject reference = Reference(type);
            schema = isNullable
                ? new JsonObject { ["anyOf"] = new JsonArray(reference, new JsonObject { ["type"] = "null" }) }
                : context.PropertyInfo is null ? reference : new JsonObject { ["allOf"] = new JsonArray(reference) };
        }
        else if (isNullable && Words(type) is not null)
        {
            schema["type"] = new JsonArray("string", "null");
            ((JsonArray)schema["enum"]!).Add(null);
        }

        ICustomAttributeProvider? said = isRoot ? type : context.PropertyInfo?.AttributeProvider;
        if (said is null) return schema;
        Constrain(schema, said);
        if (isRoot && type.IsAssignableTo(typeof(EventData))) schema["additionalProperties"] = true;
        if (said.GetCustomAttributes(typeof(DescriptionAttribute), inherit: false) is [DescriptionAttribute description]) schema.Insert(0, "description", description.Description);
        return schema;
    }

    private static bool IsContract(Type type) => type.Namespace == typeof(ContractSchemas).Namespace && !type.IsEnum;

    private static void Constrain(JsonObject schema, ICustomAttributeProvider said)
    {
        foreach (object attribute in said.GetCustomAttributes(inherit: false))
        {
            switch (attribute)
            {
                case RangeAttribute range:
                    schema["minimum"] = JsonSerializer.SerializeToNode(range.Minimum);
                    schema["maximum"] = JsonSerializer.SerializeToNode(range.Maximum);
                    break;
                case MinLengthAttribute least:
                    schema["minLength"] = least.Length;
                    break;
                case MaxLengthAttribute most:
                    schema["maxLength"] = most.Length;
                    break;
                case ConstantAttribute constant:
                    schema.Clear();
                    schema["const"] = constant.Value;
                    break;
            }
        }
    }

    private static JsonObject? Words(Type type) =>
        type.IsEnum ? new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. EnumWords.Of(type).Select(word => (JsonNode)word)]) } : null;
}

/// <summary>The property has this one value.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ConstantAttribute(string value) : Attribute
{
    public string Value { get; } = value;
}
