namespace Cecelia.Brain;

/// <summary>Why an event is not with Redis, or may not be. The first five were refused, and used no number.</summary>
public enum TaskEventProblem
{
    /// <summary>The name is not 1 to 128 bytes of text without control characters, or begins with <c>relay:</c>.</summary>
    BadName,

    /// <summary>The data is no JSON object, or cannot be written as JSON.</summary>
    BadData,

    /// <summary>An id is no text of at most 256 bytes.</summary>
    BadField,

    /// <summary>Larger than <see cref="TaskEventOptions.MaxEventBytes"/>.</summary>
    TooLarge,

    /// <summary>The publisher was closed before.</summary>
    Closed,

    /// <summary>A step had no room while Redis was away. Its number is used up, so that clients are told.</summary>
    DroppedStep,

    /// <summary>The same, of an event that is no step.</summary>
    DroppedEvent,

    /// <summary>Left at the end.</summary>
    Unsent,

    /// <summary>Redis was not reached, or did not answer; tried again.</summary>
    RedisLost,

    /// <summary>Redis answered with an error, such as READONLY or NOPERM; tried again.</summary>
    RedisRefused,

    /// <summary>Published, but the stream did not take it.</summary>
    NotKept,
}

/// <summary>How events are published. Immutable.</summary>
public sealed record TaskEventOptions
{
    /// <summary>Who publishes, at most 200 bytes; a random rest is put behind it for each run. Default <c>brain</c>.</summary>
    public string Source { get; init; } = "brain";

    /// <summary>Default <c>cecelia:events</c>.</summary>
    public string Channel { get; init; } = "cecelia:events";

    /// <summary>Key of a Redis Stream (Redis 5.0 or later) that keeps each event beside the PUBLISH; null, the default: none does.</summary>
    public string? Stream { get; init; }

    /// <summary>About how many entries the stream keeps. Default 10,000.</summary>
    public int MaxEntries { get; init; } = 10_000;

    /// <summary>Most events that wait for Redis. Default 10,000.</summary>
    public int MaxBufferedEvents { get; init; } = 10_000;

    /// <summary>Most bytes of them. Default 16 MiB.</summary>
    public long MaxBufferedBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Largest event; the relay's <c>CECELIA_MAX_EVENT_BYTES</c>. Default 262,144.</summary>
    public int MaxEventBytes { get; init; } = 262_144;

    /// <summary>For how long after an outage events are held, so that relays can subscribe again; not with a stream, which they read. Default 500 ms.</summary>
    public TimeSpan ResubscribeWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long events are held at the start, after an outage and when the last subscriber has left, until there is a subscriber; not with a stream. Default 3 s.</summary>
    public TimeSpan SubscriberWait { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Told of each problem, on the thread that meets it; what it throws is dropped. Problems are counted in any case.</summary>
    public Action<TaskEventProblem, string>? OnProblem { get; init; }

    /// <exception cref="ArgumentException">One of them is mistaken.</exception>
    internal void Check()
    {
        if (Source is not { Length: > 0 } || System.Text.Encoding.UTF8.GetByteCount(Source) > 200) throw new ArgumentException("Source must be text of 1 to 200 bytes");
        if (Channel is not { Length: > 0 }) throw new ArgumentException("Channel must be the name of a channel");
        if (Stream is { Length: 0 }) throw new ArgumentException("Stream must be the name of a key, or null");
        if (MaxEntries < 1 || MaxBufferedEvents < 1 || MaxEventBytes < 1) throw new ArgumentException("MaxEntries, MaxBufferedEvents and MaxEventBytes must be 1 or more");
        if (MaxBufferedBytes < MaxEventBytes) throw new ArgumentException("MaxBufferedBytes must have room for an event of MaxEventBytes");
        if (ResubscribeWait < TimeSpan.Zero || SubscriberWait < TimeSpan.Zero) throw new ArgumentException("ResubscribeWait and SubscriberWait must not be negative");
    }
}
