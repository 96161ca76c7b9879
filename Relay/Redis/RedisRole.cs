using System.Globalization;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>The role of a server in the replication, from ROLE and INFO replication. Immutable; any thread.</summary>
/// <remarks>
/// A replica delivers what its primary sends it. ROLE shows whether it is connected to one, INFO whether data has arrived recently: a primary sends a PING
/// each ten seconds (repl-ping-replica-period). A server that permits neither command is <see cref="RedisRoleKind.Unknown"/> and counts as a primary.
/// </remarks>
/// <param name="Kind">The role.</param>
/// <param name="Primary">For a replica, the <c>host:port</c> of its primary; otherwise null.</param>
/// <param name="Link">
/// For a replica, the state of the connection to its primary: <c>connect</c>, <c>connecting</c>, <c>sync</c>, <c>connected</c>; from INFO <c>up</c> or
/// <c>down</c>. Otherwise null.
/// </param>
internal sealed record RedisRole(RedisRoleKind Kind, string? Primary = null, string? Link = null)
{
    /// <summary>The name that ROLE and INFO use for a replica.</summary>
    public const string ReplicaWord = "slave";

    /// <summary>The role of a server that permits neither ROLE nor INFO, or that was not asked yet.</summary>
    public static readonly RedisRole Unknown = new(RedisRoleKind.Unknown);

    private static readonly string[] Connected = ["connected", "up"];

    /// <summary>
    /// For a replica, the time since the last byte of its primary arrived, rounded down to seconds; null when that is not known, or it is not a replica.
    /// </summary>
    public TimeSpan? Silence { get; init; }

    /// <summary>For a replica, the replication offset: the number of bytes of its primary's output that it has applied; null when it is not known.</summary>
    public long? Offset { get; init; }

    /// <summary>For a replica, the offset of its last full resynchronization, as far as its backlog shows; otherwise null.</summary>
    public long? CopiedAt { get; init; }

    /// <summary>
    /// The minimum age of what the server delivers: the age of the last byte that its primary has certainly sent. Zero for a primary, and when it is not
    /// known.
    /// </summary>
    public TimeSpan Age => Silence is { } silence ? silence + TimeSpan.FromSeconds(1) : TimeSpan.Zero;

    /// <summary>Requests ROLE and INFO at once. An error of Redis is not thrown: what is not permitted remains unknown.</summary>
    public static async Task<RedisRole> AskAsync(IDatabase database)
    {
        Task<RedisResult?> role = PermittedAsync(database.ExecuteAsync("ROLE"));
        Task<RedisResult?> info = PermittedAsync(database.ExecuteAsync("INFO", "replication"));
        await Task.WhenAll(role, info);
        string?[] words = await role is { IsNull: false, Resp2Type: ResultType.Array } reply
            ? [.. ((RedisResult[])reply!).Where(one => one.Resp2Type != ResultType.Array).Select(one => (string?)one)]
            : [];
        return Read(words, (string?)await info);
    }

    /// <summary>Reads both replies. Any part of either may be missing.</summary>
    /// <param name="role">The elements of the reply to ROLE that are not arrays.</param>
    /// <param name="info">The reply to INFO replication.</param>
    public static RedisRole Read(IReadOnlyList<string?> role, string? info)
    {
        Dictionary<string, string> facts = Facts(info ?? "");
        string? kind = role.Count > 0 ? role[0] : facts.GetValueOrDefault("role");
        if (kind is "master") return new RedisRole(RedisRoleKind.Primary);
        if (kind is "sentinel") return new RedisRole(RedisRoleKind.Sentinel);
        if (kind is not ReplicaWord) return Unknown;
        bool isWhole = role.Count > 3;
        string primary = isWhole ? $"{role[1]}:{role[2]}" : $"{facts.GetValueOrDefault("master_host")}:{facts.GetValueOrDefault("master_port")}";
        return new RedisRole(RedisRoleKind.Replica, primary, isWhole ? role[3] : facts.GetValueOrDefault("master_link_status"))
        {
            Silence = Number("master_last_io_seconds_ago") is >= 0 and { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Offset = Number("slave_repl_offset"),
            // A replica starts a new backlog with each full resynchronization. A full backlog has discarded its beginning, which then has no meaning.
            CopiedAt = Number("repl_backlog_histlen") < Number("repl_backlog_size") ? Number("repl_backlog_first_byte_offset") : null,
        };

        long? Number(string name) => long.TryParse(
            facts.GetValueOrDefault(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;
    }

    /// <summary>Returns why the server does not deliver events, without secrets; null when it does, as far as is known.</summary>
    public string? FindFault() => Kind switch
    {
        RedisRoleKind.Sentinel => "this is a Redis Sentinel, which delivers no events; name the Redis servers themselves",
        RedisRoleKind.Replica when Link is not null
            && !Connected.Contains(Link) => $"this is a replica without its primary, so events do not reach it (link to the primary: {Link})",
        _ => null,
    };

    /// <summary>
    /// Returns why recently published events may not have reached the server, although it is connected to its primary; null when data has arrived recently.
    /// </summary>
    public string? FindStall(TimeSpan longestSilence) => Silence >= longestSilence
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"this is a replica that has received nothing from its primary {Primary} for {Silence.Value.TotalSeconds:F0} s, so events may not reach it")
        : null;

    /// <summary>Returns why events may have been missed since an earlier answer of the same server; null when none were, as far as is known.</summary>
    public string? FindChange(RedisRole earlier)
    {
        if (Kind == RedisRoleKind.Unknown || earlier.Kind == RedisRoleKind.Unknown) return null;
        if ((Kind, Primary) != (earlier.Kind, earlier.Primary)) return $"it was {earlier} and is {this} now";
        // A full resynchronization contains the data, but not the publications before it.
        return CopiedAt > earlier.Offset + 1 ? $"it is {this} and has made a full resynchronization, so what was published meanwhile did not reach it" : null;
    }

    /// <summary>Returns the role as text: <c>a primary</c>, <c>a replica of HOST:PORT</c>, <c>unknown</c>.</summary>
    public override string ToString() => Kind switch
    {
        RedisRoleKind.Primary => "a primary",
        RedisRoleKind.Replica => $"a replica of {Primary}",
        RedisRoleKind.Sentinel => "a Sentinel",
        _ => "unknown",
    };

    private static async Task<RedisResult?> PermittedAsync(Task<RedisResult> asked)
    {
        try
        {
            return await asked;
        }
        catch (RedisServerException)
        {
            return null;
        }
    }

    /// <summary>Returns the lines <c>NAME:VALUE</c> of a reply to INFO.</summary>
    private static Dictionary<string, string> Facts(string info)
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in info.Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0) facts[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return facts;
    }
}

/// <summary>The roles of Redis' replication. Closed.</summary>
internal enum RedisRoleKind
{
    /// <summary>The role is not known.</summary>
    Unknown,

    /// <summary>Accepts writes and publications, and sends them to its replicas.</summary>
    Primary,

    /// <summary>Follows a primary.</summary>
    Replica,

    /// <summary>Monitors other servers and does not deliver events.</summary>
    Sentinel,
}
