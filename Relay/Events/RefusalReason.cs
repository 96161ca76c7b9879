namespace Cecelia.Relay.Events;

/// <summary>
/// Why a payload from Redis was not taken as an event. Closed: each member has one word on the wire and in the metrics, see
/// <see cref="RefusalReasons"/>.
/// </summary>
internal enum RefusalReason
{
    /// <summary>It was taken.</summary>
    None,

    /// <summary>No bytes, or white space alone.</summary>
    Empty,

    /// <summary>More bytes than <see cref="EventLimits.MaxBytes"/>.</summary>
    TooLarge,

    /// <summary>The bytes are not UTF-8.</summary>
    InvalidUtf8,

    /// <summary>Not one JSON document: a syntax error, something after the end, or a byte order mark.</summary>
    NotJson,

    /// <summary>JSON, but not an object.</summary>
    NotAnObject,

    /// <summary>Nested deeper than <see cref="EventLimits.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>More members in the envelope than <see cref="EventLimits.EnvelopeMembers"/>.</summary>
    TooManyFields,

    /// <summary>Neither <c>event</c> nor <c>type</c>.</summary>
    NoEvent,

    /// <summary><c>event</c> and <c>type</c> differ.</summary>
    TwoNames,

    /// <summary>The name is not a string, is empty or too long, or holds control characters or half a surrogate pair.</summary>
    BadName,

    /// <summary>A field of the envelope is given twice; which one counts would depend on the reader.</summary>
    DuplicateField,

    /// <summary>No <c>data</c>, but fields beside it that no client would get.</summary>
    NoData,

    /// <summary><c>data</c> is not an object, or a known event's field in it has a wrong type or value.</summary>
    BadData,

    /// <summary><c>timestamp</c> is not an RFC 3339 string.</summary>
    BadTimestamp,

    /// <summary>Another field of the envelope has a wrong type or is too long.</summary>
    BadField,

    /// <summary>Its publisher's number was received before. Not a fault of the payload: counted as a duplicate, not as refused.</summary>
    Duplicate,
}

/// <summary>The words for <see cref="RefusalReason"/> that metrics, logs and <c>GET /api/v1/refused</c> use. Once shipped, a word keeps its meaning.</summary>
internal static class RefusalReasons
{
    private static readonly string[] Words =
    [
        "none", "empty", "too_large", "invalid_utf8", "not_json", "not_an_object", "too_deep", "too_many_fields",
        "no_event", "two_names", "bad_name", "duplicate_field", "no_data", "bad_data", "bad_timestamp", "bad_field", "duplicate",
    ];

    /// <summary>How many members the enum has, <see cref="RefusalReason.None"/> included: the length of an array indexed by reason.</summary>
    public static int Count => Words.Length;

    /// <summary>The reason's word in snake case.</summary>
    public static string ToWireName(RefusalReason reason) => Words[(int)reason];
}
