using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace Cecelia.Relay.Contracts;

/// <summary>
/// Generates JSON Schema from contracts, using only what drafts 7 and 2020-12 have in common, since AsyncAPI requires draft 7. Each contract becomes one
/// definition that others refer to. Not thread-safe.
/// </summary>
/// <param name="prefix">The location of the definitions in the document, such as <c>#/$defs/</c>.</param>
internal sealed class ContractSchemas(string prefix)
{
    private static readonly JsonSerializerOptions Wire = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        RespectNullableAnnotations = true,
    };

    private readonly SortedDictionary<string, JsonObject> _definitions = new(StringComparer.Ordinal);

    /// <summary>All definitions so far, by name.</summary>
    public IReadOnlyDictionary<string, JsonObject> Definitions => _definitions;

    /// <summary>Returns all definitions as an object. May be called once, since a node can be part of only one document.</summary>
    public JsonObject CreateDefinitions() => new(_definitions.Select(definition => KeyValuePair.Create(definition.Key, (JsonNode?)definition.Value)));

    /// <summary>Creates a schema that requires this field. The field is also listed in <c>properties</c>, as Ajv in strict mode demands.</summary>
    public static JsonObject Required(string field) => new() { ["properties"] = new JsonObject { [field] = true }, ["required"] = new JsonArray(field) };

    /// <summary>Returns a reference to the definition of that name, which may be added later.</summary>
    public JsonObject Reference(string name) => new() { ["$ref"] = prefix + name };

    /// <summary>Returns a reference to the contract's definition, which is created with the first reference.</summary>
    public JsonObject Reference(Type contract)
    {
        string name = NameOf(contract);
        if (!_definitions.ContainsKey(name))
        {
            // Added before it is complete, since a contract may refer to itself.
            _definitions.Add(name, []);
            _definitions[name] = Create(contract);
        }

        return Reference(name);
    }

    /// <summary>Adds a definition that is not a contract.</summary>
    public JsonObject Define(string name, JsonObject schema)
    {
        _definitions.Add(name, schema);
        return Reference(name);
    }

    /// <summary>Creates a schema of the contract, which the caller may change.</summary>
    public JsonObject Create(Type contract)
    {
        var options = new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, node) => TransformNode(context, node),
        };
        return (JsonObject)JsonSchemaExporter.GetJsonSchemaAsNode(Wire, contract, options);
    }

    private JsonObject TransformNode(JsonSchemaExporterContext context, JsonNode exported)
    {
        Type type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        if (context.Path.IsEmpty) return TransformRoot(type, SharedParts.SchemaOf(type) ?? (JsonObject)exported);

        // A property of any type is exported as true, which cannot have a description.
        JsonObject schema = exported as JsonObject ?? [];
        bool isNullable = context.TypeInfo.Type != type || context.PropertyInfo?.IsGetNullable == true;
        ICustomAttributeProvider? attributes = context.PropertyInfo?.AttributeProvider;
        if (AnyOf(attributes) is { } alternatives) schema = alternatives;
        else if (IsContract(type)) schema = Refer(type, isNullable, isBare: attributes is null);
        else if (type.IsEnum) schema = EnumSchema(type, isNullable);

        if (attributes is not null) ApplyAttributes(schema, attributes);
        return schema;
    }

    private static JsonObject TransformRoot(Type type, JsonObject schema)
    {
        // Other members of an event's data are defined by the publisher.
        if (type.IsAssignableTo(typeof(EventData))) schema["additionalProperties"] = true;
        if (type.IsDefined(typeof(ClosedAttribute), inherit: false)) schema["additionalProperties"] = false;
        ApplyAttributes(schema, type);
        return schema;
    }

    /// <summary>
    /// Returns a reference to a contract. Draft 7 ignores everything beside <c>$ref</c>, even a description, so a reference with a description is wrapped in
    /// <c>allOf</c>.
    /// </summary>
    private JsonObject Refer(Type type, bool isNullable, bool isBare)
    {
        JsonObject reference = Reference(type);
        if (isNullable) return new JsonObject { ["anyOf"] = new JsonArray(reference, new JsonObject { ["type"] = "null" }) };
        return isBare ? reference : new JsonObject { ["allOf"] = new JsonArray(reference) };
    }

    private JsonObject? AnyOf(ICustomAttributeProvider? attributes) =>
        attributes?.GetCustomAttributes(typeof(AnyOfAttribute), inherit: false) is [AnyOfAttribute alternatives]
            ? new JsonObject { ["anyOf"] = new JsonArray([.. alternatives.Contracts.Select(Reference)]) }
            : null;

    private static JsonObject EnumSchema(Type type, bool isNullable)
    {
        JsonObject schema = EnumNames.Schema(type);
        if (!isNullable) return schema;
        schema["type"] = new JsonArray("string", "null");
        ((JsonArray)schema["enum"]!).Add(null);
        return schema;
    }

    private static JsonValue Number(object limit) => limit is int integer ? JsonValue.Create(integer) : JsonValue.Create((double)limit);

    /// <summary>Returns the name of a contract. For a generic contract, the names of its type arguments are appended.</summary>
    private static string NameOf(Type contract) => contract.Name.Split('`')[0] + string.Concat(contract.GenericTypeArguments.Select(NameOf));

    private static bool IsContract(Type type) => type.Namespace == typeof(ContractSchemas).Namespace && !type.IsEnum;

    private static void ApplyAttributes(JsonObject schema, ICustomAttributeProvider attributes)
    {
        foreach (object attribute in attributes.GetCustomAttributes(inherit: false))
        {
            switch (attribute)
            {
                case RangeAttribute range:
                    schema["minimum"] = Number(range.Minimum);
                    schema["maximum"] = Number(range.Maximum);
                    break;
                case StringLengthAttribute length:
                    if (length.MinimumLength > 0) schema["minLength"] = length.MinimumLength;
                    schema["maxLength"] = length.MaximumLength;
                    break;
                case ConstantAttribute constant:
                    schema["const"] = constant.Value;
                    break;
                case DescriptionAttribute description:
                    schema.Insert(0, "description", description.Description);
                    break;
            }
        }
    }
}

/// <summary>Marks a property that has a constant value.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ConstantAttribute(string value) : Attribute
{
    public string Value { get; } = value;
}

/// <summary>Marks a message that must not have other fields.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ClosedAttribute : Attribute;

/// <summary>Marks a property that conforms to any of these contracts.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class AnyOfAttribute(params Type[] contracts) : Attribute
{
    public Type[] Contracts { get; } = contracts;
}
