using System.Globalization;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>
/// A Redis Cluster of three masters and three replicas, processes on loopback, for the tests of one class. A test that moves the slot of the events channel to
/// another node need not move it back; each test calls <see cref="OwnerAsync"/>.
/// </summary>
public sealed class RedisClusterServers : IAsyncLifetime
{
    private const int Masters = 3;
    private const int Slots = 16384;

    /// <summary>Prevents an automatic failover on a busy machine. The failover test lowers it.</summary>
    private const string NodeTimeoutMs = "15000";

    private readonly List<RedisServer> _nodes = [];

    internal IReadOnlyList<RedisServer> Nodes => _nodes;

    /// <summary>The slot of the events channel.</summary>
    internal static int Slot => RedisCluster.FindSlot("cecelia:events");

    public async Task InitializeAsync()
    {
        _nodes.AddRange(await Task.WhenAll(Enumerable.Range(0, 2 * Masters).Select(_ => StartNodeAsync())));
        for (int i = 0; i < Masters; i++)
        {
            Assert.Equal("OK", await _nodes[i].CommandAsync("CLUSTER", "SET-CONFIG-EPOCH", Text(i + 1)));
            Assert.Equal("OK", await _nodes[i].CommandAsync("CLUSTER", "ADDSLOTSRANGE", Text(i * Slots / Masters), Text(((i + 1) * Slots / Masters) - 1)));
        }

        string busPort = (await _nodes[0].CommandAsync("CONFIG", "GET", "cluster-port")).Split('\n')[1];
        foreach (RedisServer node in _nodes.Skip(1))
        {
            Assert.Equal("OK", await node.CommandAsync("CLUSTER", "MEET", "127.0.0.1", Text(_nodes[0].Port), busPort));
        }

        for (int i = 0; i < Masters; i++)
        {
            string master = await _nodes[i].CommandAsync("CLUSTER", "MYID");
            await Eventually.TrueAsync(async () => await _nodes[Masters + i].CommandAsync("CLUSTER", "REPLICATE", master) == "OK");
        }

        await WaitUntilCompleteAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (RedisServer node in _nodes) await node.DisposeAsync();
    }

    /// <summary>Waits until every node has discovered all nodes and slots, and every replica its master.</summary>
    internal async Task WaitUntilCompleteAsync()
    {
        foreach (RedisServer node in _nodes)
        {
            string seen = "";
            await Eventually.TrueAsync(
                async () =>
                {
                    seen = await node.CommandAsync("CLUSTER", "INFO");
                    if (!seen.Contains("cluster_state:ok", StringComparison.Ordinal) || !seen.Contains("cluster_known_nodes:6", StringComparison.Ordinal))
                    {
                        return false;
                    }

                    string[] lines = (seen = await node.CommandAsync("CLUSTER", "NODES")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
                    if (
                        lines.Count(line => line.Contains("slave", StringComparison.Ordinal)) != Masters
                            || lines.Any(line => line.Contains("fail", StringComparison.Ordinal)))
                    {
                        return false;
                    }

                    seen = await node.CommandAsync("ROLE");
                    return !seen.StartsWith("slave", StringComparison.Ordinal) || seen.Contains("connected", StringComparison.Ordinal);
                },
                describe: () => $"{node.Port}: {seen}");
        }
    }

    /// <summary>Returns the master that owns the slot of the events channel.</summary>
    internal async Task<RedisServer> OwnerAsync()
    {
        RedisServer? owner = null;
        await Eventually.TrueAsync(
            async () => (owner = await FindAsync(async node => (await node.CommandAsync("EXISTS", "{cecelia:events}")) is "0" or "1")) is not null);
        return owner!;
    }

    /// <summary>Returns a replica of a master.</summary>
    internal async Task<RedisServer> ReplicaOfAsync(RedisServer master)
    {
        RedisServer? replica = null;
        await Eventually.TrueAsync(
            async () =>
                (replica = await FindAsync(
                    async node => (await node.CommandAsync("ROLE")).StartsWith($"slave\n127.0.0.1\n{master.Port}\n", StringComparison.Ordinal))) is not null);
        return replica!;
    }

    /// <summary>Returns a master that does not own the slot.</summary>
    internal async Task<RedisServer> OtherMasterAsync()
    {
        RedisServer owner = await OwnerAsync();
        return (await FindAsync(async node => node != owner && (await node.CommandAsync("ROLE")).StartsWith("master", StringComparison.Ordinal)))!;
    }

    /// <summary>Moves the slot of the events channel to another master with its keys, as <c>redis-cli --cluster reshard</c> does.</summary>
    internal static async Task MoveSlotAsync(RedisServer from, RedisServer to)
    {
        (string source, string target) = (await from.CommandAsync("CLUSTER", "MYID"), await to.CommandAsync("CLUSTER", "MYID"));
        Assert.Equal("OK", await to.CommandAsync("CLUSTER", "SETSLOT", Text(Slot), "IMPORTING", source));
        Assert.Equal("OK", await from.CommandAsync("CLUSTER", "SETSLOT", Text(Slot), "MIGRATING", target));
        while (await from.CommandAsync("CLUSTER", "GETKEYSINSLOT", Text(Slot), "100") is { Length: > 0 } keys)
            await from.CommandAsync(["MIGRATE", "127.0.0.1", Text(to.Port), "", "0", "5000", "KEYS", .. keys.Split('\n')]);
        Assert.Equal("OK", await to.CommandAsync("CLUSTER", "SETSLOT", Text(Slot), "NODE", target));
        Assert.Equal("OK", await from.CommandAsync("CLUSTER", "SETSLOT", Text(Slot), "NODE", target));
    }

    /// <summary>Sets how long a node may be unresponsive before the others mark it as failed.</summary>
    internal async Task SetNodeTimeoutAsync(string milliseconds = NodeTimeoutMs)
    {
        foreach (RedisServer node in _nodes) Assert.Equal("OK", await node.CommandAsync("CONFIG", "SET", "cluster-node-timeout", milliseconds));
    }

    /// <summary>Returns a URL that lists all nodes, this one first.</summary>
    internal string Url(int first) =>
        "redis://" + string.Join(',', Enumerable.Range(0, _nodes.Count).Select(i => $"127.0.0.1:{Text(_nodes[(first + i) % _nodes.Count].Port)}"));

    internal static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Returns the first node for which the predicate is true. Skips a node that does not respond.</summary>
    private async Task<RedisServer?> FindAsync(Func<RedisServer, Task<bool>> predicate)
    {
        foreach (RedisServer node in _nodes)
        {
            try
            {
                if (await predicate(node)) return node;
            }
            catch (Exception stopped) when (stopped is IOException or System.Net.Sockets.SocketException)
            {
                // Stopped by the test.
            }
        }

        return null;
    }

    private static Task<RedisServer> StartNodeAsync() => RedisServer.StartAsync(new RedisServerOptions
    {
        OnThisMachine = true,
        ExtraArguments =
        [
            "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port", Text(RedisServer.FreePort()),
            "--cluster-node-timeout", NodeTimeoutMs,
            "--cluster-replica-validity-factor", "0", "--cluster-allow-replica-migration", "no", "--repl-diskless-sync-delay", "0",
        ],
    });
}
