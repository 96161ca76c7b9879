using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Xunit.Abstractions;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>On a Redis Cluster every instance uses one node, so that all of them see one order.</summary>
public sealed partial class RedisClusterTests(RedisClusterServers cluster, ITestOutputHelper output) : IClassFixture<RedisClusterServers>
{
    [Fact]
    public async Task Instances_with_different_first_nodes_receive_the_events_of_all_masters_in_one_order()
    {
        const int Events = 2000;
        await using var first = new LinkHarness(Parse(0), instance: "first");
        await using var second = new LinkHarness(Parse(1), instance: "second");
        await using var third = new LinkHarness(Parse(5), instance: "third");
        LinkHarness[] all = [first, second, third];
        foreach (LinkHarness one in all) await one.WaitUntilSubscribedAsync();
        RedisServer owner = await cluster.OwnerAsync();

        await Task.WhenAll(
            cluster.Nodes.Take(3).Select(
                (node, publisher) => PublishAsync(
                    node,
                    Enumerable.Range(0, Events).Select(n => string.Create(CultureInfo.InvariantCulture, $"{publisher}-{n}")))));

        List<string>[] taken = await Task.WhenAll(all.Select(one => one.TakeAsync(3 * Events)));
        Assert.All(all, one => Assert.Equal($"127.0.0.1:{owner.Port}", one.Link.Status.Server));
        Assert.Equal(taken[0], taken[1]);
        Assert.Equal(taken[0], taken[2]);
        output.WriteLine($"{taken[0].Zip(taken[0].Skip(1)).Count(pair => pair.First[15] != pair.Second[15])} changes of publisher in {3 * Events} events");
    }

    /// <summary>
    /// As on a single Redis, with events of all masters: the events of one instance before a request and those of the other after its barrier are all events,
    /// once.
    /// </summary>
    [Fact]
    public async Task Handoffs_between_instances_lose_and_duplicate_no_event()
    {
        const int Rounds = 50;
        await using var ready = new LinkHarness(Parse(0), instance: "ready");
        await using var starting = new LinkHarness(Parse(2), instance: "starting");
        await ready.WaitUntilSubscribedAsync();
        ready.Link.SubscribeToRequests();
        await Eventually.TrueAsync(() => ready.Link.IsSubscribedToRequests);
        await starting.WaitUntilSubscribedAsync();
        await using var asking = new RedisHandoff(
            new RedisContext(Parse(2), new RedisOptions(), "starting", TimeProvider.System), 1_000_000, TestTimeouts.Default)
        {
            CommandDeadline = TestTimeouts.Default,
        };
        await using var answering = new RedisHandoff(
            new RedisContext(Parse(0), new RedisOptions(), "ready", TimeProvider.System), 1_000_000, TestTimeouts.Default)
        {
            CommandDeadline = TestTimeouts.Default,
        };
        using var stop = new CancellationTokenSource();
        Task publishing = Task.WhenAll(cluster.Nodes.Take(3).Select((node, publisher) => PublishAsync(node, Flood(publisher, stop.Token))));

        var nonces = new List<Guid>();
        for (int round = 0; round < Rounds; round++)
        {
            long before = starting.Queue.Received;
            await Eventually.TrueAsync(() => starting.Queue.Received > before + 20);
            nonces.Add(Guid.NewGuid());
            Assert.Equal(RedisReply.Done(1L), await asking.RequestAsync(nonces[^1], CancellationToken.None));
            Assert.Equal(RedisReply.Done(true), await answering.TryLeadAsync(nonces[^1], CancellationToken.None));
        }

        await Eventually.TrueAsync(() => ready.Requests.Count == Rounds && starting.Barriers.Count == Rounds);
        // An instance whose link is not at the node received the request over the bus, at another position among the events.
        await using var elsewhere = new RedisHandoff(
            new RedisContext(Parse(1), new RedisOptions(), "elsewhere", TimeProvider.System), 1_000_000, TestTimeouts.Default)
        {
            CommandDeadline = TestTimeouts.Default,
        };
        Assert.Equal(RedisReply.Done(false), await elsewhere.TryLeadAsync(Guid.NewGuid(), CancellationToken.None));
        await stop.CancelAsync();
        await publishing.Within();
        await ready.Link.CatchUpAsync(CancellationToken.None).Within();
        await Eventually.TrueAsync(() => ready.Queue.Received == starting.Queue.Received);
        List<string> atReady = ready.TakeAll(), atStarting = starting.TakeAll();
        Assert.Equal(nonces, ready.Requests.Select(request => request.Nonce));
        foreach ((Guid nonce, long before) in ready.Requests)
        {
            long after = starting.Barriers.Single(barrier => barrier.Nonce == nonce).Received;
            Assert.Equal(atReady, atReady.Take((int)before).Concat(atStarting.Skip((int)after)));
        }

        static IEnumerable<string> Flood(int publisher, CancellationToken stop)
        {
            for (int n = 0; !stop.IsCancellationRequested; n++) yield return string.Create(CultureInfo.InvariantCulture, $"{publisher}-{n}");
        }
    }

    /// <summary>Fifty times a new instance with another first node starts and the old one stops; a client resumes at each new one.</summary>
    [Fact]
    public async Task Client_resumes_at_fifty_new_instances_without_missing_an_event()
    {
        const int Rounds = 50, MostAhead = 200;
        using var stop = new CancellationTokenSource();
        int[] published = new int[3];
        var seen = new List<string>();
        int received = 0;
        RunningRelay current = await StartAsync(0);
        SubprotocolClient client = await SubprotocolClient.ConnectAsync(current.WebSocket);
        Task publishing = Task.WhenAll(cluster.Nodes.Take(3).Select((node, publisher) => PublishAsync(node, Steps(publisher))));
        try
        {
            for (int round = 1; round <= Rounds; round++)
            {
                await TakeAsync(seen.Count + 30);
                RunningRelay next = await StartAsync(round);
                string since = client.Position!;
                await client.DisposeAsync();
                await current.DisposeAsync();
                current = next;
                client = await SubprotocolClient.ConnectAsync(current.WebSocket, since: since);
            }

            await stop.CancelAsync();
            await publishing.Within();
            await TakeAsync(published.Sum());
        }
        finally
        {
            await stop.CancelAsync();
            await client.DisposeAsync();
            await current.DisposeAsync();
        }

        for (int publisher = 0; publisher < 3; publisher++)
            Assert.Equal(Enumerable.Range(0, published[publisher]).Select(n => Name(publisher, n)), seen.Where(id => id[0] - '0' == publisher));
        output.WriteLine($"{seen.Count} events over {Rounds} handoffs");

        async Task TakeAsync(int count)
        {
            while (seen.Count < count)
            {
                SubprotocolMessage message = await client.ReceiveEventOrGapAsync();
                Assert.Equal("task:created", message.Name);
                seen.Add(message.Data.GetProperty("taskId").GetString()!);
                Volatile.Write(ref received, seen.Count);
            }
        }

        IEnumerable<string> Steps(int publisher)
        {
            while (true)
            {
                // No more than the journal keeps for a disconnected client.
                SpinWait.SpinUntil(() => stop.IsCancellationRequested || published.Sum() < Volatile.Read(ref received) + MostAhead);
                if (stop.IsCancellationRequested) yield break;
                yield return Created(Name(publisher, published[publisher]++));
            }
        }
    }

    /// <summary>The master fails under load: every instance moves to the promoted replica and reports a gap, and they see one order again.</summary>
    [Fact]
    public async Task Failover_of_the_node_moves_all_instances_and_is_reported_as_a_gap()
    {
        await cluster.WaitUntilCompleteAsync();
        RedisServer owner = await cluster.OwnerAsync();
        RedisServer replica = await cluster.ReplicaOfAsync(owner);
        RedisServer other = await cluster.OtherMasterAsync();
        await using RunningRelay first = await StartAsync(0);
        await using RunningRelay second = await StartAsync(4);
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(first.WebSocket);
        using var stop = new CancellationTokenSource();
        Task load = PublishAsync(other, Endless("load", stop.Token));
        await cluster.SetNodeTimeoutAsync("1000");
        try
        {
            await client.ReceiveAsync("task:created");
            await owner.StopAsync();

            SubprotocolMessage gap = await client.ReceiveAsync("relay:gap");
            Assert.Equal("redis_lost", gap.Data.GetProperty("cause").GetString());
            string promoted = $"127.0.0.1:{replica.Port}";
            foreach (RunningRelay relay in (RunningRelay[])[first, second])
                await Eventually.TrueAsync(
                    () => relay.Get<RedisLink>().Status is { Status: RedisLinkStatusKind.Subscribed } status && status.Server == promoted,
                    describe: () => relay.Get<RedisLink>().Status.ToString());
            await client.ReceiveAsync("task:created");
        }
        finally
        {
            await stop.CancelAsync();
            await load.Within();
            await owner.RestartAsync();
            await cluster.SetNodeTimeoutAsync();
            await cluster.WaitUntilCompleteAsync();
        }

        await AssertOneOrderAsync(first, second);
    }

    /// <summary>The old master keeps its other slots and still delivers everything published: only the slot shows that it is no longer the node.</summary>
    [Fact]
    public async Task Slot_that_moves_to_another_master_moves_all_instances_and_is_reported_as_a_gap()
    {
        await cluster.WaitUntilCompleteAsync();
        RedisServer owner = await cluster.OwnerAsync();
        RedisServer target = await cluster.OtherMasterAsync();
        // Redis notifies one instance that its subscription to the shard channel has ended; the other must ask.
        foreach (RedisServer node in cluster.Nodes)
        {
            Assert.Equal("OK", await node.CommandAsync("ACL", "SETUSER", "asks", "on", ">secret", "allkeys", "allchannels", "+@all", "-ssubscribe"));
        }

        await using RunningRelay first = await StartAsync(0);
        await using RunningRelay second = await StartAsync(2, "asks:secret@");
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(first.WebSocket);

        await RedisClusterServers.MoveSlotAsync(owner, target);

        foreach (RunningRelay relay in (RunningRelay[])[first, second])
        {
            await Eventually.TrueAsync(
                () => relay.Get<RedisLink>() is { Swaps: 1, Status: { Status: RedisLinkStatusKind.Subscribed } status }
                    && status.Server == $"127.0.0.1:{target.Port}",
                describe: () => relay.Get<RedisLink>().Status.ToString());
        }

        Assert.Equal("redis_lost", (await client.ReceiveAsync("relay:gap")).Data.GetProperty("cause").GetString());
        await AssertOneOrderAsync(first, second);
        await using RunningRelay third = await StartAsync(4);
        Assert.Equal($"127.0.0.1:{target.Port}", third.Get<RedisLink>().Status.Server);
        Assert.Equal(1, third.Get<Relay.Recovery.StreamRecovery>().TakeOvers.Count(TakeOverOutcome.Given));
    }

    /// <summary>
    /// The lease and the checkpoint of the bridge of runs and a stream with a name in the slot are at the node; another stream is refused by name.
    /// </summary>
    [Fact]
    public async Task Leased_publisher_works_and_a_stream_of_another_slot_is_refused_by_name()
    {
        await cluster.WaitUntilCompleteAsync();
        RedisServer owner = await cluster.OwnerAsync();
        var options = new RedisOptions { StreamKey = "{cecelia:events}:stream" };
        await using var harness = new LinkHarness(Parse(0), options: options);
        await Eventually.TrueAsync(() => harness.Link.Status.NewestInStream is not null, describe: () => harness.Link.Status.ToString());
        await using var elsewhere = new LinkHarness(Parse(1), options: options with { StreamKey = "cecelia:stream" }, instance: "elsewhere");
        await using (var leased = new LeasedPublisher(Parse(3), options, options.PostgresKeys, "runs", "test", TimeProvider.System, TestTimeouts.Default))
        {
            Assert.Equal(RedisReply.Done(true), await leased.TryLeadAsync(default));
            LeaseCheckpoint begun = (await leased.LoadAsync(default)).Value!;
            Assert.Equal(RedisReply.Done(true), await leased.PublishAsync(begun, begun with { Seq = 1 }, ["{}"u8.ToArray()], default));
            Assert.Null(leased.StreamFault);
            await leased.ReleaseAsync();
        }

        await using (RedisPublisher publisher = await RedisPublisher.ConnectAsync(Parse(2), new PublishedStream(options.StreamKey)))
            Assert.Equal(2, await publisher.PublishAsync("cecelia:events:runs", "{}"u8.ToArray()));

        Assert.Equal(["cecelia:events {}", "cecelia:events:runs {}"], await harness.TakeAsync(2));
        Assert.Equal("2", await owner.CommandAsync("XLEN", options.StreamKey));
        await Eventually.TrueAsync(
            () => elsewhere.Link.Status.StreamFault?.Contains(
                "give it a name in the same slot, such as {cecelia:events}:stream", StringComparison.Ordinal) == true,
            describe: () => elsewhere.Link.Status.StreamFault ?? "none");
        RedisUnreachableException refused =
            await Assert.ThrowsAsync<RedisUnreachableException>(() => RedisPublisher.ConnectAsync(Parse(2), new PublishedStream("cecelia:stream")));
        Assert.Contains("is in slot", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Message_by_SPUBLISH_is_counted_with_a_warning_and_is_not_an_event()
    {
        await cluster.WaitUntilCompleteAsync();
        RedisServer owner = await cluster.OwnerAsync();
        await using RunningRelay relay = await StartAsync(1);
        RedisLink link = relay.Get<RedisLink>();
        Assert.Equal("1", await owner.CommandAsync("SPUBLISH", "cecelia:events", Created("lost")));
        Assert.Equal("1", await owner.CommandAsync("SPUBLISH", "cecelia:events", Created("lost too")));

        await Eventually.TrueAsync(() => link.ShardMessages == 2);
        JsonElement readiness = await relay.GetJsonAsync("/readyz");
        Assert.Contains(
            readiness.GetProperty("checks").EnumerateArray(),
            check => check.GetProperty("name").GetString() == "spublish" && check.GetProperty("status").GetString() == "warn");
        Assert.Contains("relay_redis_shard_messages_total 2", (await relay.GetAsync("/metrics")).Body, StringComparison.Ordinal);
        Assert.Single(relay.Logs.Lines, line => line.Text.Contains("SPUBLISH", StringComparison.Ordinal));
        Assert.Equal(0, link.Swaps);
        Assert.Equal(0, relay.Get<Ingestor>().Accepted);
    }

    /// <summary>The node that the relay publishes at does not count Brain's subscription at another node.</summary>
    [Fact]
    public async Task Command_reaches_Brain_at_another_node_without_a_no_receiver_error()
    {
        await cluster.WaitUntilCompleteAsync();
        RedisServer other = await cluster.OtherMasterAsync();
        await using RunningRelay relay = await StartAsync(1);
        using var brain = new TcpClient("127.0.0.1", other.Port) { ReceiveTimeout = (int)TestTimeouts.Default.TotalMilliseconds };
        RedisWire.Send(brain.GetStream(), ["SUBSCRIBE", "cecelia:commands"]);
        RedisWire.Receive(brain.GetStream());
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);

        await client.Socket.SendAsync("""{"cmd":"start_session","data":{},"ref":"c1"}""");

        Assert.Equal(0, (await client.ReceiveAsync("relay:ack")).Data.GetProperty("receivers").GetInt32());
        Assert.Contains("start_session", RedisWire.Receive(brain.GetStream()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Database_other_than_0_is_refused_by_name()
    {
        await using var harness = new LinkHarness(cluster.Url(0) + "/3");

        await Eventually.TrueAsync(
            () => harness.Link.Status.Reason?.Contains("a Redis Cluster has database 0 only", StringComparison.Ordinal) == true,
            describe: () => harness.Link.Status.ToString());

        Assert.Equal(RedisLinkStatusKind.Connecting, harness.Link.Status.Status);
    }

    [Fact]
    public async Task Slot_without_a_master_is_reported_until_it_has_one()
    {
        await cluster.WaitUntilCompleteAsync();
        RedisServer owner = await cluster.OwnerAsync();
        await using var harness = new LinkHarness(Parse(1));
        await harness.WaitUntilSubscribedAsync();
        // Only at the node that owns it: the others keep the previous owner, and redirect all clients there.
        string slot = RedisClusterServers.Text(RedisClusterServers.Slot);
        foreach (RedisServer node in cluster.Nodes) Assert.Equal("OK", await node.CommandAsync("CLUSTER", "DELSLOTS", slot));
        try
        {
            await harness.WaitUntilLostAsync();
            await Eventually.TrueAsync(
                () => harness.Link.Status.Reason?.Contains(
                    "the Redis Cluster is down, or the slot of cecelia:events has no master: Redis says CLUSTERDOWN", StringComparison.Ordinal) == true,
                describe: () => harness.Link.Status.ToString());
        }
        finally
        {
            Assert.Equal("OK", await owner.CommandAsync("CLUSTER", "ADDSLOTS", slot));
        }

        await harness.WaitUntilSubscribedAsync();
        await cluster.WaitUntilCompleteAsync();
        Assert.Equal(1, harness.Link.Swaps);
    }

    [Fact]
    public async Task User_without_permission_to_query_the_slot_gets_a_reason()
    {
        foreach (RedisServer node in cluster.Nodes)
        {
            Assert.Equal("OK", await node.CommandAsync("ACL", "SETUSER", "narrow", "on", ">secret", "allchannels", "+@all", "resetkeys", "~other"));
        }

        await using var harness = new LinkHarness(cluster.Url(0).Replace("redis://", "redis://narrow:secret@", StringComparison.Ordinal));

        await Eventually.TrueAsync(
            () => harness.Link.Status.Reason?.Contains(
                "the user must be permitted EXISTS of cecelia:relay:handoff:{cecelia:events}", StringComparison.Ordinal) == true,
            describe: () => harness.Link.Status.ToString());
    }

    [Theory]
    [InlineData("123456789", 0x31C3)]
    [InlineData("foo{hash_tag}", 2515)]
    [InlineData("{hash_tag}", 2515)]
    [InlineData("hash_tag", 2515)]
    [InlineData("foo{}{bar}", 8363)]
    [InlineData("foo{{bar}}zap", 4015)]
    [InlineData("foo{bar}{zap}", 5061)]
    public async Task Slot_is_the_one_that_Redis_computes(string key, int slot)
    {
        Assert.Equal(slot % 16384, RedisCluster.FindSlot(key));
        Assert.Equal(RedisClusterServers.Text(slot % 16384), await cluster.Nodes[0].CommandAsync("CLUSTER", "KEYSLOT", key));
    }
}
