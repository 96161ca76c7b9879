using System.Globalization;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>What a server is in the replication, as ROLE and INFO replication describe it. Immutable; any thread.</summary>
/// <remarks>
/// A replica delivers what its primary sends it. ROLE shows whether it is connected to one, INFO whether anything has arrived lately: a primary sends a PING each
/// ten seconds (repl-ping-replica-period). A server that permits neither command is <see cref="RedisRoleKind.Unknown"/> and counts as a primary.
/// </remarks>
/// <param name="Kind">The role.</param>
/// <param name="Primary">Of a replica, <c>host:port</c> of its primary; otherwise null.</param>
/// <param name="Link">Of a replica, the state of the connection to its primary: <c>connect</c>, <c>connecting</c>, <c>sync</c>, <c>connected</c>; of INFO <c>up</c> or <c>down</c>. Otherwise null.</param>
internal sealed record RedisRole(RedisRoleKind Kind, string? Primary = null, string? Link = null)
{
    /// <summary>The word of ROLE and INFO for a replica.</summary>
    public const string ReplicaWord = "slave";

    /// <summary>A server that permits neither ROLE nor INFO, or was not asked yet.</summary>
    public static readonly RedisRole Unknown = new(RedisRoleKind.Unknown);

    private static readonly string[] Connected = ["connected", "up"];

    /// <summary>Of a replica, how long ago its primary's last byte arrived, in whole seconds rounded down; null when that is not known, or it is no replica.</summary>
    public TimeSpan? Silence { get; init; }

    /// <summary>Of a replica, how much of its primary's output it has applied, in bytes since that began; null when it is not known.</summary>
    public long? Offset { get; init; }

    /// <summary>Of a replica, the offset at which it last copied its primary's data as a whole, as far as its backlog shows; otherwise null.</summary>
    public long? CopiedAt { get; init; }

    /// <summary>At least so old is what the server delivers: the age of the last byte that its primary has certainly sent. Zero for a primary, and where it is not known.</summary>
    public TimeSpan Age => Silence is { } silence ? silence + TimeSpan.FromSeconds(1) : TimeSpan.Zero;

    /// <summary>Asks for both at once. An error of Redis is not thrown: what is not permitted stays unknown.</summary>
    public static async Task<RedisRole> AskAsync(IDatabase database)
    {
        Task<RedisResult?> role = PermittedAsync(database.ExecuteAsync("ROLE"));
        Task<RedisResult?> info = PermittedAsync(database.ExecuteAsync("INFO", "replication"));
        await Task.WhenAll(role, info);
        string?[] words = await role is { IsNull: false, Resp2Type: ResultType.Array } reply ? [.. ((RedisResult[])reply!).Where(one => one.Resp2Type != ResultType.Array).Select(one => (string?)one)] : [];
        return Read(words, (string?)await info);
    }

    /// <summary>Reads both replies; of either, anything may be missing.</summary>
    /// <param name="role">The elements of the reply to ROLE that are no arrays themselves.</param>
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
            // A replica begins its backlog anew with each whole copy. One that is full has thrown away its beginning, which then says nothing.
            CopiedAt = Number("repl_backlog_histlen") < Number("repl_backlog_size") ? Number("repl_backlog_first_byte_offset") : null,
        };

        long? Number(string name) => long.TryParse(facts.GetValueOrDefault(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;
    }

    /// <summary>Why the server delivers no events, fit to be shown; null when it does, as far as is known.</summary>
    public string? FindFault() => Kind switch
    {
        RedisRoleKind.Sentinel => "this is a Redis Sentinel, which delivers no events; name the Redis servers themselves",
        RedisRoleKind.Replica when Link is not null && !Connected.Contains(Link) => $"this is a replica without its primary, so events do not reach it (link to the primary: {Link})",
        _ => null,
    };

    /// <summary>Why nothing that was published lately may have reached the server, although it is connected to its primary; null when something has.</summary>
    public string? FindStall(TimeSpan longestSilence) => Silence >= longestSilence
        ? string.Create(CultureInfo.InvariantCulture, $"this is a replica that has received nothing from its primary {Primary} for {Silence.Value.TotalSeconds:F0} s, so events may not reach it")
        : null;

    /// <summary>Why something may have been missed since an earlier answer of the same server; null when nothing was, as far as is known.</summary>
    public string? FindChange(RedisRole earlier)
    {
        if (Kind == RedisRoleKind.Unknown || earlier.Kind == RedisRoleKind.Unknown) return null;
        if ((Kind, Primary) != (earlier.Kind, earlier.Primary)) return $"it was {earlier} and is {this} now";
        // A whole copy holds the data, and none of the publications that came before it.
        return CopiedAt > earlier.Offset + 1 ? $"it is {this} and has copied its data anew, so what was published meanwhile did not reach it" : null;
    }

    /// <summary>The role in words: <c>a primary</c>, <c>a replica of HOST:PORT</c>, <c>unknown</c>.</summary>
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

    /// <summary>The lines <c>NAME:VALUE</c> of a reply to INFO.</summary>
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
    /// <summary>Redis does not say.</summary>
    Unknown,

    /// <summary>Takes writes and publications, and sends them to its replicas.</summary>
    Primary,

    /// <summary>Follows a primary.</summary>
    Replica,

    /// <summary>Watches other servers, and delivers no events.</summary>
    Sentinel,
}
