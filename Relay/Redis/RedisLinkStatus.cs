namespace Cecelia.Relay.Redis;

/// <summary>Status of the link: whether events can arrive.</summary>
internal enum RedisLinkStatusKind
{
    /// <summary>No subscription has been live since the start.</summary>
    Connecting,

    /// <summary>At least one channel of events is subscribed, and a recent probe has arrived.</summary>
    Subscribed,

    /// <summary>The link was live before; events may be missed now.</summary>
    Lost,
}

/// <summary>
/// One channel or pattern of events; <paramref name="Error"/> is the reason why it is not subscribed, null when it is (or when there is no connection).
/// </summary>
internal sealed record RedisChannelStatus(string Name, string? Error);

/// <summary>Status of the link to Redis. An immutable snapshot without secrets.</summary>
/// <param name="Status">The status.</param>
/// <param name="Since">When <paramref name="Status"/> began.</param>
/// <param name="Reason">Why it is not <see cref="RedisLinkStatusKind.Subscribed"/>, in plain words that begin with the server; null when it is.</param>
/// <param name="Server">The <c>host:port</c> in use, or all that are tried.</param>
/// <param name="Channels">Each channel and pattern of events.</param>
/// <param name="LastProbe">
/// Before this moment, by the local clock, everything that was published has arrived: when the last nonce that has arrived was sent, or, through a replica,
/// when its primary's last byte arrived there. Null before the first.
/// </param>
internal sealed record RedisLinkStatus(
    RedisLinkStatusKind Status,
    DateTimeOffset Since,
    string? Reason,
    string Server,
    IReadOnlyList<RedisChannelStatus> Channels,
    DateTimeOffset? LastProbe)
{
    /// <summary>
    /// How long a subscription may be without a proof before it counts as not delivering: longer than a nonce may wait behind other messages.
    /// </summary>
    public static readonly TimeSpan LongestUnproven = TimeSpan.FromSeconds(15);

    /// <summary>The time of the first subscription; null before it.</summary>
    public DateTimeOffset? FirstSubscribed { get; init; }

    /// <summary>
    /// The newest entry of the stream up to which everything has arrived, as the last probe that arrived has shown; 0-0 for an empty stream. Null while that
    /// is not known: no probe has arrived, there is no stream, or it cannot be read.
    /// </summary>
    public RedisStreamId? NewestInStream { get; init; }

    /// <summary>Why the stream cannot be read, without secrets; null when it can, or there is none.</summary>
    public string? StreamFault { get; init; }

    /// <summary>The role of the server in the replication, as last known.</summary>
    public RedisRole Role { get; init; } = RedisRole.Unknown;

    /// <summary>The time at which a message by SPUBLISH, which is not an event, was last received; null when none was.</summary>
    public DateTimeOffset? LastShardMessage { get; init; }

    /// <summary>The first channel of events that Redis refuses; null when there is none.</summary>
    public RedisChannelStatus? Refused => Channels.FirstOrDefault(channel => channel.Error is not null);

    /// <summary>True when every channel of events is subscribed.</summary>
    public bool IsComplete => Status == RedisLinkStatusKind.Subscribed && Refused is null;

    /// <summary>
    /// Returns for how long no probe has arrived over any connection; null when that is less than <see cref="LongestUnproven"/>. Otherwise Redis confirms
    /// each subscription and delivers nothing on it, as two servers behind one address do.
    /// </summary>
    public TimeSpan? UnprovenFor(DateTimeOffset now) =>
        Status == RedisLinkStatusKind.Subscribed && now - (LastProbe ?? FirstSubscribed) is { } time && time > LongestUnproven ? time : null;

    /// <summary>Returns the status with all channels.</summary>
    public override string ToString() => $"{Status} since {Since:O} on {Server} ({Reason}); {string.Join(", ", Channels)}; last probe {LastProbe:O}";
}
