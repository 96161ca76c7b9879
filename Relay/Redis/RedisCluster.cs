using System.Globalization;
using System.Net;
using System.Text;
using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Chooses one node of a Redis Cluster for everything that the relay does: the master of the slot of the events channel. A cluster broadcasts a PUBLISH to all
/// nodes, so subscribers at different nodes receive the events of different publishers in different orders; positions, handoffs and barriers need one order
/// for all instances. Stateless; any thread.
/// </summary>
/// <remarks>
/// <para>
/// A node itself reports which node that is, in its answer to a command with a key of that slot: a number if it is the node, MOVED with the address of
/// another one, or CLUSTERDOWN if there is none. So permission for CLUSTER is not needed. See
/// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/, <i>Key distribution model</i>, <i>Hash tags</i> and <i>MOVED redirection</i>.
/// </para>
/// Example: <c>cecelia:events</c> is in slot 6055, of 7001. The URL names 7000, which answers "MOVED 6055 10.0.0.2:7001"; 7001 answers "0", so it is used.
/// The keys of a handoff are <c>cecelia:relay:handoff:{cecelia:events}:…</c>, which are in the same slot.
/// </remarks>
internal static class RedisCluster
{
    /// <summary>
    /// How much older than a probe an event that has not arrived may be: an event that was published at another node crosses the bus of the cluster.
    /// </summary>
    public static readonly TimeSpan BusAge = TimeSpan.FromSeconds(2);

    private const int SlotCount = 16384;

    /// <summary>
    /// Maximum number of redirections. Nodes that learn of a failover one after another may each name a different one; the next attempt finds them in
    /// agreement.
    /// </summary>
    private const int MaxRedirections = 3;

    /// <summary>The error code of a node in a cluster that is down, or of a slot without a master.</summary>
    public const string DownWord = "CLUSTERDOWN";

    private const string MovedWord = "MOVED";
    private const string AskWord = "ASK";

    /// <summary>
    /// Checks a host like <see cref="RedisPreflight.AskAsync(RedisUrl, EndPoint, TimeSpan, TimeProvider, CancellationToken)"/> and, in a cluster, the node
    /// that it names as the master of the slot, whose answer is returned. For a host outside a cluster its own answer is returned.
    /// </summary>
    public static async Task<RedisAnswer> AskAsync(RedisUrl url, EndPoint host, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        RedisAnswer answer = await RedisPreflight.AskAsync(url, host, deadline, time, cancellationToken);
        for (int redirections = 0; answer is { Kind: RedisAnswerKind.Pong, SlotOwner: { } owner }; redirections++)
        {
            string named = $"the master of the slot of {EventsChannel(url)}, as {RedisUrl.Name(answer.Host)} says";
            TimeSpan left = deadline - time.GetElapsedTime(started);
            if (redirections == MaxRedirections) return Failed(RedisAnswerKind.NoPrimary, "the nodes of the cluster do not agree on it");
            if (left <= TimeSpan.Zero) return Failed(RedisAnswerKind.Silent, "not asked in time");
            answer = await RedisPreflight.AskAsync(url, owner, left, time, cancellationToken);
            if (answer.Kind != RedisAnswerKind.Pong) answer = answer with { Reason = $"{answer.Reason} ({url.Clean(named)})" };

            RedisAnswer Failed(RedisAnswerKind kind, string reason) => new(owner, kind, $"{RedisUrl.Name(owner)} ({url.Clean(named)}): {reason}");
        }

        return answer;
    }

    /// <summary>Finds out on a bare connection whether the server is a node of a cluster, and which node has the slot.</summary>
    /// <param name="askAsync">Sends a command and a PING, and returns the text up to the answer to the PING.</param>
    /// <param name="url">The URL, with the prefix of the events channel.</param>
    /// <param name="host">The node, for an answer without a host.</param>
    public static async Task<SlotAnswer> AskSlotAsync(Func<string[], Task<string>> askAsync, RedisUrl url, EndPoint host)
    {
        // HELLO needs no permission. A Redis before 6.0 does not know it, and has no users to whom INFO could be refused.
        string hello = await askAsync(["HELLO"]);
        bool isCluster = hello.Contains("\r\nmode\r\n", StringComparison.Ordinal)
            ? hello.Contains("\r\nmode\r\n$7\r\ncluster\r\n", StringComparison.Ordinal)
            : (await askAsync(["INFO", "cluster"])).Contains("cluster_enabled:1", StringComparison.Ordinal);
        if (!isCluster) return default;
        if (FindKeyTag(url) is not { } tag)
        {
            return new SlotAnswer(
                IsCluster: true,
                Fault:
                    $"this is a Redis Cluster, and the name of the channel {EventsChannel(url)} has a brace without being a hash tag, so no key "
                        + $"can be put into its slot");
        }

        string key = SlotKey(url, tag);
        // Any lines before it are the rest of an earlier answer.
        string[] lines = (await askAsync(["EXISTS", key])).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string line = lines is [.., var last, "+PONG"] ? last : "";
        if (line.StartsWith(':')) return new SlotAnswer(IsCluster: true);
        return line.TrimStart('-').Split(' ', 3) switch
        {
            // The slot is about to be moved but is still at this node.
            [AskWord, ..] => new SlotAnswer(IsCluster: true),
            [MovedWord, _, var address] when TryReadAddress(address, host, out EndPoint? owner) => new SlotAnswer(IsCluster: true, owner),
            [DownWord, ..] => new SlotAnswer(
                IsCluster: true, Fault: $"the Redis Cluster is down, or the slot of {EventsChannel(url)} has no master: Redis says {line[1..]}", IsDown: true),
            ["NOPERM", ..] => new SlotAnswer(
                IsCluster: true,
                Fault:
                    $"this is a Redis Cluster, and the user must be permitted EXISTS of {key}, which shows which node is to be used: Redis says "
                        + $"{line[1..]}"),
            _ => new SlotAnswer(IsCluster: true, Fault: $"this is a Redis Cluster, and does not say which node has the slot of {EventsChannel(url)}: {line}"),
        };
    }

    /// <summary>Returns why a node must no longer be used: another one has the slot, or none. Returns null if it has the slot, or does not say.</summary>
    public static async Task<string?> FindFaultAsync(IDatabase database, RedisUrl url)
    {
        try
        {
            await database.ExecuteAsync("EXISTS", [(RedisKey)SlotKey(url, FindKeyTag(url))], CommandFlags.NoRedirect);
            return null;
        }
        catch (RedisServerException error)
        {
            return error.Message.Contains(MovedWord, StringComparison.Ordinal) ? $"the slot of {EventsChannel(url)} has moved to another node of the cluster"
                : error.Message.StartsWith(DownWord, StringComparison.Ordinal) ?
                    $"the Redis Cluster is down, or the slot of {EventsChannel(url)} has no master: Redis says {error.Message}"
                : null;
        }
    }

    /// <summary>
    /// Returns true for an error that means that another node must be asked: that of Redis, or that of the client library when it could not follow the
    /// redirection.
    /// </summary>
    public static bool IsRedirection(string error) =>
        error.Contains(MovedWord, StringComparison.Ordinal) || error.Contains("hashslot", StringComparison.Ordinal);

    /// <summary>
    /// Returns the text that, inserted into the name of a key, puts the key into the slot of the channel: empty if the channel has its own hash tag, which
    /// the keys then have too. Returns null if that is not possible.
    /// </summary>
    public static string? FindKeyTag(RedisUrl url) => KeyTag(EventsChannel(url));

    private static string? KeyTag(string channel) => HashTag(channel) != channel ? "" : channel.AsSpan().ContainsAny('{', '}') ? null : $":{{{channel}}}";

    /// <summary>Returns why the relay cannot read a stream in a cluster, without secrets; null when it is in the slot of the events channel.</summary>
    public static string? FindStreamFault(RedisUrl url, string key)
    {
        int slot = FindSlot(key), events = FindSlot(EventsChannel(url));
        if (slot == events) return null;
        string better = HashTag(EventsChannel(url)) is var tag ? $"{{{tag}}}:stream" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"the stream {key} is in slot {slot} of the Redis Cluster and the channel {EventsChannel(url)} in slot {events}, so they may be at "
                + $"different nodes, in different orders; give it a name in the same slot, such as {better}");
    }

    /// <summary>Returns the slot of a key: CRC16 (XMODEM) of its hash tag, modulo 16384.</summary>
    public static int FindSlot(string key)
    {
        int crc = 0;
        foreach (byte one in Encoding.UTF8.GetBytes(HashTag(key)))
        {
            crc ^= one << 8;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
        }

        return (crc & 0xFFFF) % SlotCount;
    }

    /// <summary>Returns the part of a key that is hashed: the text between the first { and the next }, or the whole key if there is none.</summary>
    private static string HashTag(string key)
    {
        int open = key.IndexOf('{', StringComparison.Ordinal);
        int close = open < 0 ? -1 : key.IndexOf('}', open);
        return close > open + 1 ? key[(open + 1)..close] : key;
    }

    /// <summary>Returns a key in the slot for which a user with permission for the relay's keys may ask. It need not exist.</summary>
    private static string SlotKey(RedisUrl url, string? tag) => Names(url).HandoffChannel + tag;

    private static string EventsChannel(RedisUrl url) => Names(url).EventsChannel;

    private static RedisOptions Names(RedisUrl url) => new() { ChannelPrefix = url.ChannelPrefix };

    /// <summary>
    /// Reads <c>HOST:PORT</c> of a MOVED. An empty host is the one that was asked. IPv6 is without brackets. "?" is a node without a known name.
    /// </summary>
    private static bool TryReadAddress(string text, EndPoint asked, out EndPoint? address)
    {
        address = null;
        int colon = text.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port is < 1 or > 65535)
        {
            return false;
        }

        string host = colon == 0 ? RedisUrl.HostOf(asked) : text[..colon];
        if (host == "?") return false;
        address = RedisUrl.Address(host, port);
        return true;
    }
}

/// <summary>The answer of a server about the slot.</summary>
/// <param name="IsCluster">True for a node of a cluster.</param>
/// <param name="Owner">The node that has the slot; null when it is this one, or none is known.</param>
/// <param name="Fault">Why this node cannot be used, without secrets; null when it can.</param>
/// <param name="IsDown">True when no node has the slot for now, as during a failover.</param>
internal readonly record struct SlotAnswer(bool IsCluster, EndPoint? Owner = null, string? Fault = null, bool IsDown = false);
