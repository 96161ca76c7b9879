namespace Cecelia.Relay.Redis;

/// <summary>Which Redis, and which channels on it. Immutable.</summary>
internal sealed record RedisOptions
{
    /// <summary>Null: a Redis that answers on 127.0.0.1:6379 is used, otherwise the embedded one is started there.</summary>
    public RedisUrl? Url { get; init; }

    /// <summary>The name of the master that the hosts of <see cref="Url"/>, which are Sentinels then, monitor. Default empty: they are the Redis nodes themselves.</summary>
    public string SentinelMaster { get; init; } = "";

    /// <summary>The Sentinels' own password. Default empty: they have none. Secret.</summary>
    public string SentinelPassword { get; init; } = "";

    /// <summary>The URL with its hosts as Sentinels where <see cref="SentinelMaster"/> is set; otherwise unchanged.</summary>
    public RedisUrl ToUrl(RedisUrl given) => SentinelMaster.Length == 0 ? given : given.At(new RedisSentinel(SentinelMaster, SentinelPassword.Length == 0 ? null : SentinelPassword));

    /// <summary>What every channel name begins with. Default <c>cecelia:</c>; may be empty.</summary>
    public string ChannelPrefix { get; init; } = "cecelia:";

    /// <summary>The channel that every publisher may use: <c>cecelia:events</c>.</summary>
    public string EventsChannel => ChannelPrefix + "events";

    /// <summary>The pattern of the channels for one kind of event: <c>cecelia:events:*</c>.</summary>
    public string EventsPattern => ChannelPrefix + "events:*";

    /// <summary>Where clients' commands go to Brain: <c>cecelia:commands</c>.</summary>
    public string CommandsChannel => ChannelPrefix + "commands";

    /// <summary>The stream that publishers keep their events in beside the PUBLISH, read after a gap. Default empty: there is none.</summary>
    public string StreamKey { get; init; } = "";

    /// <summary>
    /// How long a replica may have received nothing from its primary before it counts as one that delivers nothing. Default 12 s: a primary sends a PING each 10 s
    /// (repl-ping-replica-period). Zero is not allowed.
    /// </summary>
    public TimeSpan ReplicaSilence { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>Where a starting instance asks the others for their state: <c>cecelia:relay:handoff</c>. Also what the keys of a handoff begin with.</summary>
    public string HandoffChannel => ChannelPrefix + "relay:handoff";

    /// <summary>What the keys of the one instance that publishes for PostgreSQL begin with: <c>cecelia:relay:postgres</c>.</summary>
    public string PostgresKeys => ChannelPrefix + "relay:postgres";

    /// <summary>Where this instance proves that its own link works: <c>cecelia:relay:probe:INSTANCE</c>.</summary>
    public string ProbeChannel(string instance) => $"{ChannelPrefix}relay:probe:{instance}";
}
