namespace Cecelia.Relay.Events;

/// <summary>Size limits of an event. Immutable.</summary>
internal sealed record EventLimits
{
    /// <summary>Maximum length of an event name, in bytes of its unescaped text. Known names are shorter than 30.</summary>
    public const int NameBytes = 128;

    /// <summary>
    /// Maximum length of a project, node, execution, task, source, event or command id, in bytes of its unescaped text: enough for a path, too short for a
    /// payload.
    /// </summary>
    public const int KeyBytes = 256;

    /// <summary>
    /// Maximum number of members of the envelope. It has eleven fields of its own; the rest is for the Execution format's flat message, which has nine.
    /// </summary>
    public const int EnvelopeMembers = 64;

    /// <summary>Maximum size of a payload from Redis, in bytes. Default 262,144. Zero is not allowed.</summary>
    public int MaxBytes { get; init; } = 256 * 1024;

    /// <summary>Maximum nesting of objects and arrays, including the envelope. Default 64. Zero is not allowed.</summary>
    public int MaxDepth { get; init; } = 64;
}
