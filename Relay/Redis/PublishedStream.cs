namespace Cecelia.Relay.Redis;

/// <summary>The Redis Stream to which each event is appended in addition to its PUBLISH, so that a relay can read missed events. Immutable.</summary>
/// <param name="Key">The key of the stream.</param>
/// <param name="MaxEntries">Approximate maximum number of entries, at least 1. Redis removes the oldest in blocks of about 100. Default 10,000.</param>
internal sealed record PublishedStream(string Key, int MaxEntries = 10_000)
{
    /// <summary>The only field of an entry: the payload, the same bytes as in the PUBLISH.</summary>
    public const string Field = "p";
}
