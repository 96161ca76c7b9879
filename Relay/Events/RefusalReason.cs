namespace Cecelia.Relay.Events;

/// <summary>
/// The reasons for which a payload from Redis is refused. Closed: each member has one name on the wire and in the metrics, see
/// <see cref="RefusalReasons"/>.
/// </summary>
internal enum RefusalReason
{
    /// <summary>The event was accepted.</summary>
    None,

    /// <summary>No bytes, or only white space.</summary>
    Empty,

    /// <summary>More bytes than <see cref="EventLimits.MaxBytes"/>.</summary>
    TooLarge,

    /// <summary>The bytes are not UTF-8.</summary>
    InvalidUtf8,

    /// <summary>Not one JSON document: a syntax error, trailing data, or a byte order mark.</summary>
    NotJson,

    /// <summary>JSON, but not an object.</summary>
    NotAnObject,

    /// <summary>Nested more deeply than <see cref="EventLimits.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>More members in the envelope than <see cref="EventLimits.EnvelopeMembers"/>.</summary>
    TooManyFields,

    /// <summary>Neither <c>event</c> nor <c>type</c>.</summary>
    NoEvent,

    /// <summary><c>event</c> and <c>type</c> differ.</summary>
    TwoNames,

    /// <summary>The name is not a string, is empty or too long, contains control characters or a lone surrogate, or begins with <c>relay:</c>.</summary>
    BadName,

    /// <summary>A field of the envelope occurs twice. Different parsers would use different values.</summary>
    DuplicateField,

    /// <summary>No <c>data</c>, but other fields that no client would receive.</summary>
    NoData,

    /// <summary><c>data</c> is not an object, or a known event's field in it has a wrong type or value.</summary>
    BadData,

    /// <summary><c>timestamp</c> is not an RFC 3339 string.</summary>
    BadTimestamp,

    /// <summary>Another field of the envelope has a wrong type or is too long.</summary>
    BadField,

    /// <summary>The publisher's sequence number was received before. Not a fault of the payload: counted as a duplicate, not as refused.</summary>
    Duplicate,
}

/// <summary>The names of <see cref="RefusalReason"/> in metrics, logs and <c>GET /api/v1/refused</c>. Once released, a name keeps its meaning.</summary>
internal static class RefusalReasons
{
    private static readonly string[] Names =
    [
        "none", "empty", "too_large", "invalid_utf8", "not_json", "not_an_object", "too_deep", "too_many_fields",
        "no_event", "two_names", "bad_name", "duplicate_field", "no_data", "bad_data", "bad_timestamp", "bad_field", "duplicate",
    ];

    /// <summary>Number of members of the enum, including <see cref="RefusalReason.None"/>: the length of an array indexed by reason.</summary>
    public static int Count => Names.Length;

    /// <summary>Returns the name of the reason in snake case.</summary>
    public static string ToWireName(RefusalReason reason) => Names[(int)reason];
}
