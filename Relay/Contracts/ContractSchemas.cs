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

    /// <summary>All definitions so far, by name.</summary>
    public IReadOnlyDictionary<string, JsonObject> Definitions => _definitions;

    /// <summary>All definitions as an object, once: a node stands in one document at most.</summary>
    public JsonObject TakeDefinitions() => new(_definitions.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value)));

    /// <summary>A new schema that wants this field. Ajv, when it is strict, wants a property to be mentioned beside the word that requires it.</summary>
    public static JsonObject Required(string field) => new() { ["properties"] = new JsonObject { [field] = true }, ["required"] = new JsonArray(field) };

    /// <summary>A reference to the definition of that name, which must exist by the end.</summary>
    public JsonObject Reference(string name) => new() { ["$ref"] = prefix + name };

    /// <summary>A reference to the contract's definition, which is made with the first.</summary>
    public JsonObject Reference(Type contract)
    {
        string name = NameOf(contract);
        if (!_definitions.ContainsKey(name))
        {
            // In place before it is filled: a contract may refer to itself.
            _definitions.Add(name, []);
            _definitions[name] = Make(contract);
        }

        return Reference(name);
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
        var options = new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = (context, node) => Complete(context, node) };
        return (JsonObject)JsonSchemaExporter.GetJsonSchemaAsNode(Wire, contract, options);
    }

    private JsonObject Complete(JsonSchemaExporterContext context, JsonNode exported)
    {
        Type type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        if (context.Path.IsEmpty) return CompleteRoot(type, SharedParts.SchemaOf(type) ?? (JsonObject)exported);

        // A property of any shape is exported as true, which holds no description.
        JsonObject schema = exported as JsonObject ?? [];
        bool isNullable = context.TypeInfo.Type != type || context.PropertyInfo?.IsGetNullable == true;
        ICustomAttributeProvider? said = context.PropertyInfo?.AttributeProvider;
        if (AnyOf(said) is { } several) schema = several;
        else if (IsContract(type)) schema = Refer(type, isNullable, alone: said is null);
        else if (type.IsEnum) schema = Words(type, isNullable);

        if (said is not null) Say(schema, said);
        return schema;
    }

    private static JsonObject CompleteRoot(Type type, JsonObject schema)
    {
        // The rest of an event's data is the publisher's own.
        if (type.IsAssignableTo(typeof(EventData))) schema["additionalProperties"] = true;
        if (type.IsDefined(typeof(ClosedAttribute), inherit: false)) schema["additionalProperties"] = false;
        Say(schema, type);
        return schema;
    }

    /// <summary>Beside a reference that stands alone, draft 7 sees nothing else, so not even a description.</summary>
    private JsonObject Refer(Type type, bool isNullable, bool alone)
    {
        JsonObject reference = Reference(type);
        if (isNullable) return new JsonObject { ["anyOf"] = new JsonArray(reference, new JsonObject { ["type"] = "null" }) };
        return alone ? reference : new JsonObject { ["allOf"] = new JsonArray(reference) };
    }

    private JsonObject? AnyOf(ICustomAttributeProvider? said) =>
        said?.GetCustomAttributes(typeof(AnyOfAttribute), inherit: false) is [AnyOfAttribute several]
            ? new JsonObject { ["anyOf"] = new JsonArray([.. several.Contracts.Select(Reference)]) }
            : null;

    private static JsonObject Words(Type type, bool isNullable)
    {
        JsonObject schema = EnumWords.Schema(type);
        if (!isNullable) return schema;
        schema["type"] = new JsonArray("string", "null");
        ((JsonArray)schema["enum"]!).Add(null);
        return schema;
    }

    private static JsonValue Number(object limit) => limit is int whole ? JsonValue.Create(whole) : JsonValue.Create((double)limit);

    /// <summary>A generic contract's has the arguments' names behind its own.</summary>
    private static string NameOf(Type contract) => contract.Name.Split('`')[0] + string.Concat(contract.GenericTypeArguments.Select(NameOf));

    private static bool IsContract(Type type) => type.Namespace == typeof(ContractSchemas).Namespace && !type.IsEnum;

    private static void Say(JsonObject schema, ICustomAttributeProvider said)
    {
        foreach (object attribute in said.GetCustomAttributes(inherit: false))
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

/// <summary>The property has this one value.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ConstantAttribute(string value) : Attribute
{
    public string Value { get; } = value;
}

/// <summary>The message has no other fields than these.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ClosedAttribute : Attribute;

/// <summary>The property is what any of these contracts says.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class AnyOfAttribute(params Type[] contracts) : Attribute
{
    public Type[] Contracts { get; } = contracts;
}
