namespace Cecelia.Relay.Events;

/// <summary>How large and how deep an event may be. Immutable.</summary>
internal sealed record EventLimits
{
    /// <summary>Largest payload accepted from Redis, in bytes. Default 262,144. Zero is not allowed.</summary>
    public int MaxBytes { get; init; } = 256 * 1024;

    /// <summary>Deepest nesting of objects and arrays, the envelope counting as one. Default 64. Zero is not allowed.</summary>
    public int MaxDepth { get; init; } = 64;
}
