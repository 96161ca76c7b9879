namespace Cecelia.Relay.Redis;

/// <summary>Options for Redis and its channels. Immutable.</summary>
internal sealed record RedisOptions
{
    /// <summary>The URL of Redis. Default null: a Redis that answers on 127.0.0.1:6379 is used, otherwise the embedded one is started there.</summary>
    public RedisUrl? Url { get; init; }

    /// <summary>
    /// The name of the master that the hosts of <see cref="Url"/>, which are Sentinels then, monitor. Default empty: they are the Redis nodes themselves.
    /// </summary>
    public string SentinelMaster { get; init; } = "";

    /// <summary>The password of the Sentinels. Default empty: they have none. Secret.</summary>
    public string SentinelPassword { get; init; } = "";

    /// <summary>Returns the URL with its hosts as Sentinels when <see cref="SentinelMaster"/> is set; otherwise unchanged.</summary>
    public RedisUrl ToUrl(RedisUrl given) =>
        SentinelMaster.Length == 0 ? given : given.At(new RedisSentinel(SentinelMaster, SentinelPassword.Length == 0 ? null : SentinelPassword));

    /// <summary>The prefix of every channel name. Default <c>cecelia:</c>; may be empty.</summary>
    public string ChannelPrefix { get; init; } = "cecelia:";

    /// <summary>The channel that every publisher may use: <c>cecelia:events</c>.</summary>
    public string EventsChannel => ChannelPrefix + "events";

    /// <summary>The pattern of the channels for one kind of event: <c>cecelia:events:*</c>.</summary>
    public string EventsPattern => ChannelPrefix + "events:*";

    /// <summary>The channel on which clients' commands are published to Brain: <c>cecelia:commands</c>.</summary>
    public string CommandsChannel => ChannelPrefix + "commands";

    /// <summary>
    /// The stream to which publishers append their events in addition to the PUBLISH, and which is read after a gap. Default empty: there is none.
    /// </summary>
    public string StreamKey { get; init; } = "";

    /// <summary>
    /// How long a replica may receive nothing from its primary before it counts as one that does not deliver events. Default 12 s: a primary sends a PING
    /// each 10 s (repl-ping-replica-period). Zero is not allowed.
    /// </summary>
    public TimeSpan ReplicaSilence { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>
    /// The channel on which a starting instance requests the state of the others: <c>cecelia:relay:handoff</c>. Also the prefix of the keys of a handoff.
    /// </summary>
    public string HandoffChannel => ChannelPrefix + "relay:handoff";

    /// <summary>The prefix of the keys of the one instance that publishes for PostgreSQL: <c>cecelia:relay:postgres</c>.</summary>
    public string PostgresKeys => ChannelPrefix + "relay:postgres";

    /// <summary>The prefix of the keys of tickets: <c>cecelia:relay:tickets</c>.</summary>
    public string TicketKeys => ChannelPrefix + "relay:tickets";

    /// <summary>The channel on which an instance asks all others: <c>cecelia:relay:admin:questions</c>.</summary>
    public string AdminQuestions => ChannelPrefix + "relay:admin:questions";

    /// <summary>Returns the channel on which an instance receives answers: <c>cecelia:relay:admin:answers:INSTANCE</c>.</summary>
    public string AdminAnswers(string instance) => $"{ChannelPrefix}relay:admin:answers:{instance}";

    /// <summary>Returns the channel on which an instance probes its own link: <c>cecelia:relay:probe:INSTANCE</c>.</summary>
    public string ProbeChannel(string instance) => $"{ChannelPrefix}relay:probe:{instance}";
}
