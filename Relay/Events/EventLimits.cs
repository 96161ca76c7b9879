namespace Cecelia.Relay.Events;

/// <summary>How large and how deep an event may be. Immutable.</summary>
internal sealed record EventLimits
{
    /// <summary>Longest event name, in bytes of its unescaped text. The names that exist are under 30.</summary>
    public const int NameBytes = 128;

    /// <summary>Longest project, node, execution, task, source, event or command id, in bytes of its unescaped text: room for a path, no room for a payload.</summary>
    public const int KeyBytes = 256;

    /// <summary>Most members of the envelope. It has eleven of its own; the rest is for System C's flat message, which has nine.</summary>
    public const int EnvelopeMembers = 64;

    /// <summary>Largest payload accepted from Redis, in bytes. Default 262,144. Zero is not allowed.</summary>
    public int MaxBytes { get; init; } = 256 * 1024;

    /// <summary>Deepest nesting of objects and arrays, the envelope counting as one. Default 64. Zero is not allowed.</summary>
    public int MaxDepth { get; init; } = 64;
}
