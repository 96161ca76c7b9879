using System.Globalization;
using System.Text;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>One instance at a time publishes, and each publication happens once, whatever fails.</summary>
public sealed class LeasedPublisherTests : IAsyncLifetime
{
    private RedisServer _redis = null!;

    private RedisUrl Url => RedisUrl.For("127.0.0.1", _redis.Port);

    public async Task InitializeAsync() => _redis = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lease_belongs_to_one_instance_until_released(bool embedded)
    {
        using EmbeddedRedis? garnet = embedded ? EmbeddedRedis.Start(0) : null;
        await using LeasedPublisher first = Publisher(garnet?.Url ?? Url, "first");
        await using LeasedPublisher second = Publisher(garnet?.Url ?? Url, "second");

        Assert.True(await TryLeadAsync(first));
        Assert.False(await TryLeadAsync(second));
        Assert.True(await TryLeadAsync(first));
        Assert.Equal(RedisReply.Done(true), await first.RenewAsync(default));
        Assert.Equal(RedisReply.Done(false), await second.RenewAsync(default));
        await second.ReleaseAsync();
        Assert.False(await TryLeadAsync(second));

        await first.ReleaseAsync();
        Assert.True(await TryLeadAsync(second));
        Assert.Equal(RedisReply.Done(false), await first.RenewAsync(default));
    }

    [Fact]
    public async Task Lease_expires_and_is_extended_by_renewing_and_publishing()
    {
        await using LeasedPublisher publisher = Publisher(Url, "first");
        await TryLeadAsync(publisher);
        LeaseCheckpoint position = await LoadAsync(publisher);

        await IsLengthenedAsync(() => publisher.RenewAsync(default));
        await IsLengthenedAsync(() => publisher.PublishAsync(position, position with { Seq = 1 }, Payloads(1, 1), default));

        async Task IsLengthenedAsync(Func<Task<RedisReply<bool>>> act)
        {
            await _redis.CommandAsync("PEXPIRE", "keys:lease", "2000");
            Assert.Equal(RedisReply.Done(true), await act());
            Assert.InRange(
                long.Parse(await _redis.CommandAsync("PTTL", "keys:lease"), CultureInfo.InvariantCulture), 1, (long)LeasedPublisher.Life.TotalMilliseconds);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publications_arrive_in_order_and_the_next_leader_continues_after_them(bool embedded)
    {
        using EmbeddedRedis? garnet = embedded ? EmbeddedRedis.Start(0) : null;
        await using var harness = new LinkHarness(garnet?.Url ?? Url);
        await harness.WaitUntilSubscribedAsync();
        await using LeasedPublisher first = Publisher(garnet?.Url ?? Url, "first");
        await using LeasedPublisher second = Publisher(garnet?.Url ?? Url, "second");
        Assert.True(await TryLeadAsync(first));
        LeaseCheckpoint begun = await LoadAsync(first);
        Assert.Matches("^runs-[0-9a-f]{8} 0 $", begun.ToString());

        LeaseCheckpoint middle = begun with { Seq = 300, Cursor = "a cursor" };
        Assert.Equal(RedisReply.Done(true), await first.PublishAsync(begun, middle, Payloads(1, 300), default));
        await first.ReleaseAsync();
        Assert.True(await TryLeadAsync(second));
        Assert.Equal(middle, await LoadAsync(second));
        Assert.Equal(RedisReply.Done(true), await second.PublishAsync(middle, middle with { Seq = 310 }, Payloads(301, 10), default));

        Assert.Equal(Enumerable.Range(1, 310).Select(n => $"cecelia:events {n}"), await harness.TakeAsync(310));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Instance_suspended_between_two_steps_publishes_nothing_when_it_continues(bool embedded)
    {
        using EmbeddedRedis? garnet = embedded ? EmbeddedRedis.Start(0) : null;
        await using var harness = new LinkHarness(garnet?.Url ?? Url);
        await harness.WaitUntilSubscribedAsync();
        await using LeasedPublisher stopped = Publisher(garnet?.Url ?? Url, "stopped");
        await using LeasedPublisher other = Publisher(garnet?.Url ?? Url, "other");
        Assert.True(await TryLeadAsync(stopped));
        LeaseCheckpoint begun = await LoadAsync(stopped);
        await stopped.ReleaseAsync();
        Assert.True(await TryLeadAsync(other));

        // The checkpoint alone would permit it.
        Assert.Equal(RedisReply.Done(false), await stopped.PublishAsync(begun, begun with { Seq = 1 }, [[.. "stale"u8]], default));
        Assert.Equal(RedisReply.Done(true), await other.PublishAsync(begun, begun with { Seq = 1 }, [[.. "once"u8]], default));
        await other.ReleaseAsync();
        Assert.True(await TryLeadAsync(stopped));
        // The lease alone would permit it.
        Assert.Equal(RedisReply.Done(false), await stopped.PublishAsync(begun, begun with { Seq = 1 }, [[.. "stale"u8]], default));
        Assert.Equal(RedisReply.Done(true), await stopped.PublishAsync(begun with { Seq = 1 }, begun with { Seq = 2 }, [[.. "end"u8]], default));

        Assert.Equal(["cecelia:events once", "cecelia:events end"], await harness.TakeAsync(2));
    }

    [Fact]
    public async Task Unknown_outcome_is_recorded_in_the_checkpoint()
    {
        await using var proxy = new TcpProxy(_redis.Port);
        await using var harness = new LinkHarness(Url);
        await harness.WaitUntilSubscribedAsync();
        await using LeasedPublisher publisher = Publisher(RedisUrl.For("127.0.0.1", proxy.Port), "first", deadline: TimeSpan.FromSeconds(1));
        Assert.True(await TryLeadAsync(publisher));
        LeaseCheckpoint begun = await LoadAsync(publisher);
        LeaseCheckpoint next = begun with { Seq = 1, Cursor = "one" };

        proxy.SwallowRepliesTo("EXEC");
        Assert.Equal(RedisOutcome.Unreachable, (await publisher.PublishAsync(begun, next, Payloads(1, 1), default)).Outcome);

        Assert.True(await TryLeadAsync(publisher));
        Assert.Equal(next, await LoadAsync(publisher));
        Assert.Equal(["cecelia:events 1"], await harness.TakeAsync(1));
    }

    [Fact]
    public async Task Redis_without_its_data_gets_a_new_source()
    {
        await using LeasedPublisher publisher = Publisher(Url, "first");
        Assert.True(await TryLeadAsync(publisher));
        LeaseCheckpoint begun = await LoadAsync(publisher);
        Assert.Equal(RedisReply.Done(true), await publisher.PublishAsync(begun, begun with { Seq = 1 }, Payloads(1, 1), default));

        await _redis.CommandAsync("FLUSHALL");
        Assert.Equal(RedisReply.Done(false), await publisher.PublishAsync(begun with { Seq = 1 }, begun with { Seq = 2 }, Payloads(2, 1), default));
        Assert.True(await TryLeadAsync(publisher));
        LeaseCheckpoint renewed = await LoadAsync(publisher);

        Assert.NotEqual(begun.Source, renewed.Source);
        Assert.Equal((0, ""), (renewed.Seq, renewed.Cursor));
    }

    [Fact]
    public async Task Redis_that_fell_behind_gets_a_new_source_so_that_no_number_is_reused()
    {
        await using LeasedPublisher publisher = Publisher(Url, "first");
        Assert.True(await TryLeadAsync(publisher));
        LeaseCheckpoint begun = await LoadAsync(publisher);
        LeaseCheckpoint behind = begun with { Seq = 1, Cursor = "of one" };
        Assert.Equal(RedisReply.Done(true), await publisher.PublishAsync(begun, behind, Payloads(1, 1), default));
        Assert.Equal(RedisReply.Done(true), await publisher.PublishAsync(behind, begun with { Seq = 2 }, Payloads(2, 1), default));

        // Like a replica that takes over without the newest writes.
        await _redis.CommandAsync("SET", "keys:position", behind.ToString());
        LeaseCheckpoint renewed = await LoadAsync(publisher);

        Assert.NotEqual(begun.Source, renewed.Source);
        Assert.Equal((0, "of one"), (renewed.Seq, renewed.Cursor));
        Assert.Equal(renewed, await LoadAsync(publisher));
    }

    [Fact]
    public async Task Stream_contains_the_publications_in_order()
    {
        await using LeasedPublisher publisher = Publisher(Url, "first", "kept");
        Assert.True(await TryLeadAsync(publisher));
        LeaseCheckpoint begun = await LoadAsync(publisher);

        Assert.Equal(RedisReply.Done(true), await publisher.PublishAsync(begun, begun with { Seq = 3 }, Payloads(1, 3), default));

        Assert.Null(publisher.StreamFault);
        RedisReply<RedisStreamRead> read = await RedisStream.ReadAsync(Url, "kept", default, 10, 1000, TestTimeouts.Default, TimeProvider.System, default);
        Assert.Equal(["1", "2", "3"], read.Value!.Entries.Select(entry => Encoding.ASCII.GetString(entry.Payload)));
    }

    [Fact]
    public async Task Key_that_is_not_a_stream_is_reported_and_the_event_is_published()
    {
        await _redis.CommandAsync("SET", "kept", "text");
        await using var harness = new LinkHarness(Url);
        await harness.WaitUntilSubscribedAsync();
        await using LeasedPublisher publisher = Publisher(Url, "first", "kept");
        Assert.True(await TryLeadAsync(publisher));
        LeaseCheckpoint begun = await LoadAsync(publisher);

        Assert.Equal(RedisReply.Done(true), await publisher.PublishAsync(begun, begun with { Seq = 1 }, Payloads(1, 1), default));

        Assert.Contains("WRONGTYPE", publisher.StreamFault, StringComparison.Ordinal);
        Assert.Equal(["cecelia:events 1"], await harness.TakeAsync(1));
        Assert.Equal(1, (await LoadAsync(publisher)).Seq);
    }

    [Fact]
    public async Task Redis_without_streams_is_refused_if_a_stream_is_configured()
    {
        using EmbeddedRedis garnet = EmbeddedRedis.Start(0);
        await using LeasedPublisher publisher = Publisher(garnet.Url, "first", "kept");
        Assert.True(await TryLeadAsync(publisher));

        RedisReply<LeaseCheckpoint?> reply = await publisher.LoadAsync(default);

        Assert.Equal(RedisOutcome.Unsupported, reply.Outcome);
        Assert.Contains("has no Streams", reply.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RPUSH")]
    [InlineData("SET")]
    public async Task Foreign_checkpoint_is_preserved_and_reported(string command)
    {
        await _redis.CommandAsync(command, "keys:position", "something");
        await using LeasedPublisher publisher = Publisher(Url, "first");
        Assert.True(await TryLeadAsync(publisher));

        RedisReply<LeaseCheckpoint?> reply = await publisher.LoadAsync(default);

        Assert.Equal(RedisOutcome.WrongType, reply.Outcome);
        Assert.NotEmpty(reply.Reason);
    }

    [Fact]
    public async Task Forbidden_publication_changes_nothing_and_is_reported()
    {
        await using LeasedPublisher publisher = Publisher(Url, "first");
        Assert.True(await TryLeadAsync(publisher));
        LeaseCheckpoint begun = await LoadAsync(publisher);

        await _redis.CommandAsync("ACL", "SETUSER", "default", "-publish");
        RedisReply<bool> reply = await publisher.PublishAsync(begun, begun with { Seq = 1 }, Payloads(1, 1), default);
        await _redis.CommandAsync("ACL", "SETUSER", "default", "+publish");

        Assert.False(reply.IsDone);
        Assert.NotEmpty(reply.Reason);
        Assert.Equal(begun, await LoadAsync(publisher));
        Assert.Equal(RedisReply.Done(true), await publisher.PublishAsync(begun, begun with { Seq = 1 }, Payloads(1, 1), default));
    }

    /// <summary>The old primary continues as a replica, which serves all reads and refuses the transaction.</summary>
    [Fact]
    public async Task Publisher_follows_its_primary_after_a_failover()
    {
        await using RedisServer first = await RedisConnectionFaultTests.StartAsync();
        await using RedisServer second = await RedisConnectionFaultTests.StartAsync("--replicaof", "127.0.0.1", RedisConnectionFaultTests.Text(first.Port));
        await using LeasedPublisher publisher = Publisher(LinkHarness.Parse($"redis://127.0.0.1:{first.Port},127.0.0.1:{second.Port}"), "first");
        Assert.True(await TryLeadAsync(publisher));
        LeaseCheckpoint begun = await LoadAsync(publisher);
        await Eventually.TrueAsync(async () => await second.CommandAsync("GET", "keys:position") == begun.ToString());
        await RedisConnectionFaultTests.FailOverAsync(first, second);

        await Eventually.TrueAsync(
            async () =>
                await TryLeadAsync(publisher)
                    && await publisher.PublishAsync(begun, begun with { Seq = 1 }, Payloads(1, 1), default).Within() is { IsDone: true, Value: true });

        Assert.Equal((begun with { Seq = 1 }).ToString(), await second.CommandAsync("GET", "keys:position"));
    }

    [Fact]
    public async Task Unreachable_Redis_is_an_outcome_and_releasing_the_lease_ends()
    {
        await using LeasedPublisher publisher = Publisher(Url, "first", deadline: TimeSpan.FromSeconds(1));
        Assert.True(await TryLeadAsync(publisher));
        _redis.Freeze();

        await publisher.ReleaseAsync().Within();
        Assert.Equal(RedisOutcome.Unreachable, (await publisher.TryLeadAsync(default)).Outcome);

        _redis.Continue();
        Assert.True(await TryLeadAsync(publisher));
    }

    /// <param name="url">The Redis.</param>
    /// <param name="instance">The name of the instance.</param>
    /// <param name="stream">The key of the stream; empty for none.</param>
    /// <param name="deadline">The deadline of a reply; null for none.</param>
    private static LeasedPublisher Publisher(RedisUrl url, string instance, string stream = "", TimeSpan? deadline = null) =>
        new(url, new RedisOptions { StreamKey = stream }, "keys", "runs", instance, TimeProvider.System, deadline ?? TestTimeouts.Default);

    private static async Task<bool> TryLeadAsync(LeasedPublisher publisher) => (await ReplyAsync(() => publisher.TryLeadAsync(default))).Value;

    private static async Task<LeaseCheckpoint> LoadAsync(LeasedPublisher publisher)
    {
        RedisReply<LeaseCheckpoint?> reply = await ReplyAsync(() => publisher.LoadAsync(default));
        Assert.True(reply.IsDone, reply.Reason);
        return reply.Value!;
    }

    /// <summary>Retries while there is no reply: connecting may take longer on a busy machine.</summary>
    private static async Task<RedisReply<T>> ReplyAsync<T>(Func<Task<RedisReply<T>>> request)
    {
        RedisReply<T> reply = default;
        await Eventually.TrueAsync(async () => (reply = await request()).Outcome != RedisOutcome.Unreachable, TestTimeouts.Default, () => reply.Reason);
        return reply;
    }

    private static byte[][] Payloads(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(n => Encoding.ASCII.GetBytes(n.ToString(CultureInfo.InvariantCulture)))];
}
