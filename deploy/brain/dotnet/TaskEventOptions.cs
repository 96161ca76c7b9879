namespace Cecelia.Brain;

/// <summary>Why Redis did not, or may not, receive an event. The first five were refused, and used no number.</summary>
public enum TaskEventProblem
{
    /// <summary>The name is not 1 to 128 bytes of text without control characters, or begins with <c>relay:</c>.</summary>
    BadName,

    /// <summary>The data is not a JSON object, or cannot be written as JSON.</summary>
    BadData,

    /// <summary>An id is not text of at most 256 bytes.</summary>
    BadField,

    /// <summary>Larger than <see cref="TaskEventOptions.MaxEventBytes"/>.</summary>
    TooLarge,

    /// <summary>The publisher had been closed.</summary>
    Closed,

    /// <summary>There was no room for a step while Redis was unavailable. Its number is used, so that clients get a gap.</summary>
    DroppedStep,

    /// <summary>The same, for an event that is not a step.</summary>
    DroppedEvent,

    /// <summary>Not published when the publisher was closed.</summary>
    Unsent,

    /// <summary>Redis could not be reached, or did not respond; the attempt is repeated.</summary>
    RedisLost,

    /// <summary>Redis responded with an error, such as READONLY or NOPERM; the attempt is repeated.</summary>
    RedisRefused,

    /// <summary>Published, but not stored in the stream.</summary>
    NotKept,
}

/// <summary>Options of a publisher. Immutable.</summary>
public sealed record TaskEventOptions
{
    /// <summary>Name of the publisher, at most 200 bytes; a random suffix is added for each run. Default <c>brain</c>.</summary>
    public string Source { get; init; } = "brain";

    /// <summary>Default <c>cecelia:events</c>.</summary>
    public string Channel { get; init; } = "cecelia:events";

    /// <summary>Key of a Redis Stream (Redis 5.0 or later) in which each event is also stored; null, the default: none.</summary>
    public string? Stream { get; init; }

    /// <summary>Approximate maximum number of entries of the stream. Default 10,000.</summary>
    public int MaxEntries { get; init; } = 10_000;

    /// <summary>Maximum number of events that wait for Redis. Default 10,000.</summary>
    public int MaxBufferedEvents { get; init; } = 10_000;

    /// <summary>Maximum size of these events in bytes. Default 16 MiB.</summary>
    public long MaxBufferedBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Maximum size of an event; the relay's <c>CECELIA_MAX_EVENT_BYTES</c>. Default 262,144.</summary>
    public int MaxEventBytes { get; init; } = 262_144;

    /// <summary>How long events are held after an outage, so that relays can subscribe again; unused with a stream. Default 500 ms.</summary>
    public TimeSpan ResubscribeWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long events wait for a subscriber at the start, after an outage or after the last unsubscribe; unused with a stream. Default 3 s.
    /// </summary>
    public TimeSpan SubscriberWait { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Called for each problem, on the thread that encounters it. Its exceptions are ignored. Problems are counted in any case.</summary>
    public Action<TaskEventProblem, string>? OnProblem { get; init; }

    /// <exception cref="ArgumentException">An option is invalid.</exception>
    internal void Check()
    {
        if (Source is not { Length: > 0 } || System.Text.Encoding.UTF8.GetByteCount(Source) > 200)
        {
            throw new ArgumentException("Source must be text of 1 to 200 bytes");
        }

        if (Channel is not { Length: > 0 }) throw new ArgumentException("Channel must be the name of a channel");
        if (Stream is { Length: 0 }) throw new ArgumentException("Stream must be the name of a key, or null");
        if (MaxEntries < 1 || MaxBufferedEvents < 1 || MaxEventBytes < 1)
        {
            throw new ArgumentException("MaxEntries, MaxBufferedEvents and MaxEventBytes must be 1 or more");
        }

        if (MaxBufferedBytes < MaxEventBytes) throw new ArgumentException("MaxBufferedBytes must have room for an event of MaxEventBytes");
        if (ResubscribeWait < TimeSpan.Zero || SubscriberWait < TimeSpan.Zero)
        {
            throw new ArgumentException("ResubscribeWait and SubscriberWait must not be negative");
        }
    }
}
