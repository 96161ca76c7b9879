namespace Cecelia.Relay.Redis;

/// <summary>The Redis Stream that holds each event beside its PUBLISH, so that a relay can read what it missed. Immutable.</summary>
/// <param name="Key">The stream's key.</param>
/// <param name="MaxEntries">About how many entries it keeps, at least 1; Redis lets go of the oldest in blocks of 100 or so. Default 10,000.</param>
internal sealed record PublishedStream(string Key, int MaxEntries = 10_000)
{
    /// <summary>The one field of an entry: the payload, the same bytes as those of the PUBLISH.</summary>
    public const string Field = "p";
}
