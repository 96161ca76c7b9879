using System.ComponentModel;
using System.Text.Json.Nodes;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Contracts;

/// <summary>The type of an id in a contract. Database ids may be integers.</summary>
[Description("An id: text of at most 256 bytes of UTF-8, or an integer.")]
internal readonly record struct Id;

/// <summary>The type of a non-empty id in a contract.</summary>
[Description("A non-empty id: text of 1 to 256 bytes of UTF-8, or an integer.")]
internal readonly record struct NonEmptyId;

/// <summary>The type of an event name in a contract.</summary>
[Description("An event's name: 1 to 128 bytes of UTF-8 without control characters. Names that begin with relay: are reserved for the relay.")]
internal readonly record struct EventName;

/// <summary>The type of a command name in a contract.</summary>
[Description("A command's name: 1 to 128 bytes of UTF-8 without control characters.")]
internal readonly record struct CommandName;

/// <summary>The type of a timestamp in a contract.</summary>
[Description("A timestamp as in RFC 3339, such as 2026-02-06T08:30:00.000Z. A space is accepted instead of the T, and a timestamp without a zone is UTC.")]
internal readonly record struct Timestamp;

/// <summary>The type of a count in a contract.</summary>
[Description("A whole number from 0 to 2^63 - 1.")]
internal readonly record struct Count;

/// <summary>The type of a list of workflow nodes in a contract.</summary>
[Description("Workflow nodes: ids, or objects with the id as node_id, nodeId or id.")]
internal readonly record struct NodeList;

/// <summary>The type of an object defined by the publisher in a contract.</summary>
[Description("An object defined by the publisher.")]
internal readonly record struct OpenObject;

/// <summary>The type of a position in a contract.</summary>
[Description("A position in the stream of all events (PROTOCOL.md, Positions). Opaque; a client passes it back as since.")]
internal readonly record struct Position;

/// <summary>The type of the reason of a <see cref="RequestRefusal"/> in a contract.</summary>
[Description("Reason for the refusal of a request.")]
internal readonly record struct RefusalCode;

/// <summary>The type of the reason for rejecting a client's message in a contract.</summary>
[Description("Reason why a client's message was rejected, or unknown_execution.")]
internal readonly record struct ErrorReason;

/// <summary>
/// The schemas of the types above, which match the checks of <see cref="EventDecoder"/>. A schema cannot express the length in bytes (<c>maxLength</c> counts
/// characters), a lone surrogate, and a field that occurs twice.
/// </summary>
internal static class SharedParts
{
    /// <summary>Four counts and three histograms.</summary>
    private const int MinuteRowLength = 7;

    private const string Day31 = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])";
    private const string Day30 = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)";
    private const string February = "02-(?:0[1-9]|1[0-9]|2[0-8])";
    private const string LeapYear = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
    private const string Hour = "(?:[01][0-9]|2[0-3])";
    private const string Minute = "[0-5][0-9]";

    /// <summary>The timestamps that <see cref="Rfc3339.TryParse"/> accepts, including days of the month and leap years.</summary>
    private const string TimestampPattern =
        $"^(?:[0-9]{{4}}-(?:{Day31}|{Day30}|{February})|{LeapYear}-02-29)[Tt ]{Hour}:{Minute}:(?:{Minute}|60)(?:\\.[0-9]+)?(?:[Zz]|[+-]{Hour}:{Minute})?$";

    /// <summary>Creates the schema of a type without its description; returns null for any other type.</summary>
    public static JsonObject? SchemaOf(Type type)
    {
        if (type == typeof(Id)) return AnyOf(Text(EventLimits.KeyBytes), Integer());
        if (type == typeof(NonEmptyId)) return AnyOf(Text(EventLimits.KeyBytes, minLength: 1), Integer());
        if (type == typeof(CommandName))
        {
            return new JsonObject
            {
                ["type"] = "string",
                ["minLength"] = 1,
                ["maxLength"] = EventLimits.NameBytes,
                ["pattern"] = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$",
            };
        }

        if (type == typeof(EventName))
        {
            return new JsonObject
            {
                ["type"] = "string",
                ["minLength"] = 1,
                ["maxLength"] = EventLimits.NameBytes,
                ["pattern"] = "^(?!relay:)[^\\u0000-\\u001f\\u007f-\\u009f]*$",
            };
        }

        if (type == typeof(Timestamp))
        {
            return new JsonObject { ["type"] = "string", ["maxLength"] = EnvelopeReading.TimestampBytes, ["pattern"] = TimestampPattern };
        }

        // An exclusive bound, because a double can represent 2^63 exactly, but not 2^63 - 1.
        if (type == typeof(Count)) return new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["exclusiveMaximum"] = 1UL << 63 };
        if (type == typeof(OpenObject)) return new JsonObject { ["type"] = "object", ["additionalProperties"] = true };
        if (type == typeof(Position)) return new JsonObject { ["type"] = "string" };
        if (type == typeof(ErrorReason)) return EnumNames.Schema(EnumNames.OfErrors());
        if (type == typeof(RefusalCode)) return EnumNames.Schema(EnumNames.OfRefusals());
        if (type == typeof(MinuteSlots)) return List(Whole(), 3);
        if (type == typeof(MinuteRow)) return List(AnyOf(Whole(), List(Whole())), MinuteRowLength);
        if (type == typeof(ProjectSeries)) return new JsonObject { ["type"] = "object" };
        if (type != typeof(NodeList)) return null;
        return new JsonObject { ["type"] = "array", ["items"] = AnyOf(Text(EventLimits.KeyBytes), Integer(), SchemaOf(typeof(OpenObject))) };
    }

    private static JsonObject AnyOf(params JsonNode?[] schemas) => new() { ["anyOf"] = new JsonArray(schemas) };

    private static JsonObject Whole() => new() { ["type"] = "integer", ["minimum"] = 0 };

    private static JsonObject List(JsonObject items) => new() { ["type"] = "array", ["items"] = items };

    private static JsonObject List(JsonObject items, int length)
    {
        JsonObject schema = List(items);
        (schema["minItems"], schema["maxItems"]) = (length, length);
        return schema;
    }

    private static JsonObject Integer() => new() { ["type"] = "integer" };

    private static JsonObject Text(int maxLength, int minLength = 0)
    {
        var schema = new JsonObject { ["type"] = "string", ["maxLength"] = maxLength };
        if (minLength > 0) schema["minLength"] = minLength;
        return schema;
    }
}
