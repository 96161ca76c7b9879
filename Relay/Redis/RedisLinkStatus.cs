namespace Cecelia.Relay.Redis;

/// <summary>Whether events can arrive.</summary>
internal enum RedisLinkStatusKind
{
    /// <summary>Since the start no subscription has stood.</summary>
    Connecting,

    /// <summary>At least one channel of events is subscribed, and the link proved itself not long ago.</summary>
    Subscribed,

    /// <summary>It stood once; events may be missed now.</summary>
    Lost,
}

/// <summary>One channel or pattern of events; <paramref name="Error"/> says why it is not subscribed, null when it is (or nothing is connected at all).</summary>
internal sealed record RedisChannelStatus(string Name, string? Error);

/// <summary>How the link to Redis stands. An immutable snapshot; holds no secrets.</summary>
/// <param name="Status">The state.</param>
/// <param name="Since">When <paramref name="Status"/> began.</param>
/// <param name="Reason">Why it is not <see cref="RedisLinkStatusKind.Subscribed"/>, in plain words that begin with the server; null when it is.</param>
/// <param name="Server"><c>host:port</c> in use, or all that are tried.</param>
/// <param name="Channels">Each channel and pattern of events.</param>
/// <param name="LastProbe">Before this moment, by the local clock, everything that was published has arrived: when the last nonce that has come back was sent, or, through a replica, when its primary's last byte arrived there. Null before the first.</param>
internal sealed record RedisLinkStatus(
    RedisLinkStatusKind Status,
    DateTimeOffset Since,
    string? Reason,
    string Server,
    IReadOnlyList<RedisChannelStatus> Channels,
    DateTimeOffset? LastProbe)
{
    /// <summary>
    /// How long a subscription may be without a proof before it counts as one that delivers nothing: longer than a nonce may wait behind other messages.
    /// </summary>
    public static readonly TimeSpan LongestUnproven = TimeSpan.FromSeconds(15);

    /// <summary>When the first subscription began. Null before it.</summary>
    public DateTimeOffset? FirstSubscribed { get; init; }

    /// <summary>
    /// The newest entry of the stream up to which everything has arrived, as the last probe that came back has shown; 0-0 of a stream that had none. Null while that
    /// is not known: no probe has come back, there is no stream, or it cannot be read.
    /// </summary>
    public RedisStreamId? NewestInStream { get; init; }

    /// <summary>Why the stream cannot be read, fit to be shown; null when it can, or there is none.</summary>
    public string? StreamFault { get; init; }

    /// <summary>What the server is in the replication, as last known.</summary>
    public RedisRole Role { get; init; } = RedisRole.Unknown;

    /// <summary>When a message by SPUBLISH, which is not an event, was last noticed; null when none was.</summary>
    public DateTimeOffset? LastShardMessage { get; init; }

    /// <summary>The first channel of events that Redis refuses; null when there is none.</summary>
    public RedisChannelStatus? Refused => Channels.FirstOrDefault(channel => channel.Error is not null);

    /// <summary>True when every channel of events is subscribed.</summary>
    public bool IsComplete => Status == RedisLinkStatusKind.Subscribed && Refused is null;

    /// <summary>
    /// For how long no probe has come back, over all connections; null when that is not long. Then Redis confirms each subscription and delivers nothing on it,
    /// as two servers behind one address do.
    /// </summary>
    public TimeSpan? UnprovenFor(DateTimeOffset now) =>
        Status == RedisLinkStatusKind.Subscribed && now - (LastProbe ?? FirstSubscribed) is { } time && time > LongestUnproven ? time : null;

    /// <summary>With the channels spelt out.</summary>
    public override string ToString() => $"{Status} since {Since:O} on {Server} ({Reason}); {string.Join(", ", Channels)}; last probe {LastProbe:O}";
}
