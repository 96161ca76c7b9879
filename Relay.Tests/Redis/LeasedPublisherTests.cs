using System.Globalization;
using System.Text;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>One instance at a time publishes, and each publication happens once, whatever breaks.</summary>
public sealed class LeasedPublisherTests : IAsyncLifetime
{
    private RedisServer _redis = null!;

    private RedisUrl Url => RedisUrl.For("127.0.0.1", _redis.Port);

    public async Task InitializeAsync() => _redis = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lease_belongs_to_one_until_it_is_given_up(bool embedded)
    {
        using EmbeddedRedis? garnet = embedded ? EmbeddedRedis.Start(0) : null;
        await using LeasedPublisher first = Publisher(garnet?.Url ?? Url, "first");
        await using LeasedPublisher second = Publisher(garnet?.Url ?? Url, "second");

        Assert.True(await WaitUntilLeaderAsync(first));
        Assert.False(await WaitUntilLeaderAsync(second));
        Assert.True(await WaitUntilLeaderAsync(first));
        Assert.Equal(RedisReply.Done(true), await first.RenewAsync(default));
        Assert.Equal(RedisReply.Done(false), await second.RenewAsync(default));
        await second.ReleaseAsync();
        Assert.False(await WaitUntilLeaderAsync(second));

        await first.ReleaseAsync();
        Assert.True(await WaitUntilLeaderAsync(second));
        Assert.Equal(RedisReply.Done(false), await first.RenewAsync(default));
    }

    [Fact]
    public async Task Lease_ends_by_itself_and_is_lengthened_by_renewing_and_by_publishing()
    {
        await using LeasedPublisher publisher = Publisher(Url, "first");
        await WaitUntilLeaderAsync(publisher);
        LeaseCheckpoint position = await LoadAsync(publisher);

        await IsLengthenedAsync(() => publisher.RenewAsync(default));
        await IsLengthenedAsync(() => publisher.PublishAsync(position, position with { Seq = 1 }, Payloads(1, 1), default));

        async Task IsLengthenedAsync(Func<Task<RedisReply<bool>>> act)
        {
            await _redis.CommandAsync("PEXPIRE", "keys:lease", "2000");
            Assert.Equal(RedisReply.Done(true), await act());
            Assert.InRange(long.Parse(await _redis.CommandAsync("PTTL", "keys:lease"), CultureInfo.InvariantCulture), 1, (long)LeasedPublisher.Life.TotalMilliseconds);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publications_arrive_in_order_and_another_goes_on_behind_them(bool embedded)
    {
        using EmbeddedRedis? garnet = embedded ? EmbeddedRedis.Start(0) : null;
        await using var harness = new LinkHarness(garnet?.Url ?? Url);
        await harness.WaitUntilSubscribedAsync();
        await using LeasedPublisher first = Publisher(garnet?.Url ?? Url, "first");
        await using LeasedPublisher second = Publisher(garnet?.Url ?? Url, "second");
        Assert.True(await WaitUntilLeaderAsync(first));
        LeaseCheckpoint begun = await LoadAsync(first);
        Assert.Matches("^runs-[0-9a-f]{8} 0 $", begun.ToString());

        LeaseCheckpoint middle = begun with { Seq = 300, Cursor = "a mark" };
        Assert.Equal(RedisReply.Done(true), await first.PublishAsync(begun, middle, Payloads(1, 300), default));
        await first.ReleaseAsync();
        Assert.True(await WaitUntilLeaderAsync(second));
        Assert.Equal(middle, await LoadAsync(second));
        Assert.Equal(RedisReply.Done(true), await second.PublishAsync(middle, middle with { Seq = 310 }, Payloads(301, 10), default));

        Assert.Equal(Enumerable.Range(1, 310).Select(n => $"cecelia:events {n}"), await harness.TakeAsync(310));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Instance_that_was_stopped_between_two_steps_publishes_nothing_when_it_goes_on(bool embedded)
    {
        using EmbeddedRedis? garnet = embedded ? EmbeddedRedis.Start(0) : null;
        await using var harness = new LinkHarness(garnet?.Url ?? Url);
        await harness.WaitUntilSubscribedAsync();
        await using LeasedPublisher stopped = Publisher(garnet?.Url ?? Url, "stopped");
        await using LeasedPublisher other = Publisher(garnet?.Url ?? Url, "other");
        Assert.True(await WaitUntilLeaderAsync(stopped));
        LeaseCheckpoint begun = await LoadAsync(stopped);
        await stopped.ReleaseAsync();
        Assert.True(await WaitUntilLeaderAsync(other));

        // The position alone would allow it.
        Assert.Equal(RedisReply.Done(false), await stopped.PublishAsync(begun, begun with { Seq = 1 }, [[.. "stale"u8]], default));
        Assert.Equal(RedisReply.Done(true), await other.PublishAsync(begun, begun with { Seq = 1 }, [[.. "once"u8]], default));
        await other.ReleaseAsync();
        Assert.True(await WaitUntilLeaderAsync(stopped));
        // The lease alone would allow it.
        Assert.Equal(RedisReply.Done(false), await stopped.PublishAsync(begun, begun with { Seq = 1 }, [[.. "stale"u8]], default));
        Assert.Equal(RedisReply.Done(true), await stopped.PublishAsync(begun with { Seq = 1 }, begun with { Seq = 2 }, [[.. "end"u8]], default));

        Assert.Equal(["cecelia:events once", "cecelia:events end"], await harness.TakeAsync(2));
    }

    [Fact]
    public async Task Outcome_that_is_not_known_stands_in_the_position()
    {
        await using var proxy = new TcpProxy(_redis.Port);
        await using var harness = new LinkHarness(Url);
        await harness.WaitUntilSubscribedAsync();
        await using LeasedPublisher publisher = Publisher(RedisUrl.For("127.0.0.1", proxy.Port), "first", deadline: TimeSpan.FromSeconds(1));
        Assert.True(await WaitUntilLeaderAsync(publisher));
        LeaseCheckpoint begun = await LoadAsync(publisher);
        LeaseCheckpoint next = begun with { Seq = 1, Cursor = "one" };

        proxy.SwallowRepliesTo("EXEC");
        Assert.Equal(RedisOutcome.Unreachable, (await publisher.PublishAsync(begun, next, Payloads(1, 1), default)).Outcome);

        Assert.True(await WaitUntilLeaderAsync(publisher));
        Assert.Equal(next, await LoadAsync(publisher));
        Assert.Equal(["cecelia:events 1"], await harness.TakeAsync(1));
    }

    [Fact]
    public async Task Redis_that_lost_its_memory_gets_a_new_source()
    {
        await using LeasedPublisher publisher = Publisher(Url, "first");
        Assert.True(await WaitUntilLeaderAsync(publisher));
        LeaseCheckpoint begun = await LoadAsync(publisher);
        Assert.Equal(RedisReply.Done(true), await publisher.PublishAsync(begun, begun with { Seq = 1 }, Payloads(1, 1), default));

        await _redis.CommandAsync("FLUSHALL");
        Assert.Equal(RedisReply.Done(false), await publisher.PublishAsync(begun with { Seq = 1 }, begun with { Seq = 2 }, Payloads(2, 1), default));
        Assert.True(await WaitUntilLeaderAsync(publisher));
        LeaseCheckpoint anew = await LoadAsync(publisher);

        Assert.NotEqual(begun.Source, anew.Source);
        Assert.Equal((0, ""), (anew.Seq, anew.Cursor));
    }

    [Fact]
    public async Task Redis_that_fell_behind_gets_a_new_source_as_no_number_is_used_twice()
    {
        await using LeasedPublisher publisher = Publisher(Url, "first");
        Assert.True(await WaitUntilLeaderAsync(publisher));
        LeaseCheckpoint begun = await LoadAsync(publisher);
        LeaseCheckpoint behind = begun with { Seq = 1, Cursor = "of one" };
        Assert.Equal(RedisReply.Done(true), await publisher.PublishAsync(begun, behind, Payloads(1, 1), default));
        Assert.Equal(RedisReply.Done(true), await publisher.PublishAsync(behind, begun with { Seq = 2 }, Payloads(2, 1), default));

        // As a replica that takes over without the newest writes.
        await _redis.CommandAsync("SET", "keys:position", behind.ToString());
        LeaseCheckpoint anew = await LoadAsync(publisher);

        Assert.NotEqual(begun.Source, anew.Source);
        Assert.Equal((0, "of one"), (anew.Seq, anew.Cursor));
        Assert.Equal(anew, await LoadAsync(publisher));
    }

    [Fact]
    public async Task Stream_holds_the_publications_in_their_order()
    {
        await using LeasedPublisher publisher = Publisher(Url, "first", "kept");
        Assert.True(await WaitUntilLeaderAsync(publisher));
        LeaseCheckpoint begun = await LoadAsync(publisher);

        Assert.Equal(RedisReply.Done(true), await publisher.PublishAsync(begun, begun with { Seq = 3 }, Payloads(1, 3), default));

        Assert.Null(publisher.StreamFault);
        RedisReply<RedisStreamRead> read = await RedisStream.ReadAsync(Url, "kept", default, 10, 1000, TestTimeouts.Default, TimeProvider.System, default);
        Assert.Equal(["1", "2", "3"], read.Value!.Entries.Select(entry => Encoding.ASCII.GetString(entry.Payload)));
    }

    [Fact]
    public async Task Key_that_is_no_stream_is_named_and_the_publication_goes_out()
    {
        await _redis.CommandAsync("SET", "kept", "text");
        await using var harness = new LinkHarness(Url);
        await harness.WaitUntilSubscribedAsync();
        await using LeasedPublisher publisher = Publisher(Url, "first", "kept");
        Assert.True(await WaitUntilLeaderAsync(publisher));
        LeaseCheckpoint begun = await LoadAsync(publisher);

        Assert.Equal(RedisReply.Done(true), await publisher.PublishAsync(begun, begun with { Seq = 1 }, Payloads(1, 1), default));

        Assert.Contains("WRONGTYPE", publisher.StreamFault, StringComparison.Ordinal);
        Assert.Equal(["cecelia:events 1"], await harness.TakeAsync(1));
        Assert.Equal(1, (await LoadAsync(publisher)).Seq);
    }

    [Fact]
    public async Task Redis_without_streams_is_refused_where_one_is_asked_for()
    {
        using EmbeddedRedis garnet = EmbeddedRedis.Start(0);
        await using LeasedPublisher publisher = Publisher(garnet.Url, "first", "kept");
        Assert.True(await WaitUntilLeaderAsync(publisher));

        RedisReply<LeaseCheckpoint?> reply = await publisher.LoadAsync(default);

        Assert.Equal(RedisOutcome.Unsupported, reply.Outcome);
        Assert.Contains("has no Streams", reply.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RPUSH")]
    [InlineData("SET")]
    public async Task Position_that_is_something_else_is_left_alone_and_named(string command)
    {
        await _redis.CommandAsync(command, "keys:position", "something");
        await using LeasedPublisher publisher = Publisher(Url, "first");
        Assert.True(await WaitUntilLeaderAsync(publisher));

        RedisReply<LeaseCheckpoint?> reply = await publisher.LoadAsync(default);

        Assert.Equal(RedisOutcome.WrongType, reply.Outcome);
        Assert.NotEmpty(reply.Reason);
    }

    [Fact]
    public async Task Publication_that_redis_does_not_permit_changes_nothing_and_says_so()
    {
        await using LeasedPublisher publisher = Publisher(Url, "first");
        Assert.True(await WaitUntilLeaderAsync(publisher));
        LeaseCheckpoint begun = await LoadAsync(publisher);

        await _redis.CommandAsync("ACL", "SETUSER", "default", "-publish");
        RedisReply<bool> reply = await publisher.PublishAsync(begun, begun with { Seq = 1 }, Payloads(1, 1), default);
        await _redis.CommandAsync("ACL", "SETUSER", "default", "+publish");

        Assert.False(reply.IsDone);
        Assert.NotEmpty(reply.Reason);
        Assert.Equal(begun, await LoadAsync(publisher));
        Assert.Equal(RedisReply.Done(true), await publisher.PublishAsync(begun, begun with { Seq = 1 }, Payloads(1, 1), default));
    }

    /// <summary>The old primary lives on as a replica, which answers all that is read, and refuses the transaction.</summary>
    [Fact]
    public async Task Publisher_whose_primary_becomes_a_replica_continues_at_the_new_primary()
    {
        await using RedisServer first = await RedisConnectionFaultTests.StartAsync();
        await using RedisServer second = await RedisConnectionFaultTests.StartAsync("--replicaof", "127.0.0.1", RedisConnectionFaultTests.Text(first.Port));
        await using LeasedPublisher publisher = Publisher(LinkHarness.Parse($"redis://127.0.0.1:{first.Port},127.0.0.1:{second.Port}"), "first");
        Assert.True(await WaitUntilLeaderAsync(publisher));
        LeaseCheckpoint begun = await LoadAsync(publisher);
        await Eventually.TrueAsync(async () => await second.CommandAsync("GET", "keys:position") == begun.ToString());
        await RedisConnectionFaultTests.FailOverAsync(first, second);

        await Eventually.TrueAsync(async () => await WaitUntilLeaderAsync(publisher) && await publisher.PublishAsync(begun, begun with { Seq = 1 }, Payloads(1, 1), default).Within() is { IsDone: true, Value: true });

        Assert.Equal((begun with { Seq = 1 }).ToString(), await second.CommandAsync("GET", "keys:position"));
    }

    [Fact]
    public async Task Redis_that_is_away_is_an_outcome_and_giving_up_the_lease_ends()
    {
        await using LeasedPublisher publisher = Publisher(Url, "first", deadline: TimeSpan.FromSeconds(1));
        Assert.True(await WaitUntilLeaderAsync(publisher));
        _redis.Freeze();

        await publisher.ReleaseAsync().Within();
        Assert.Equal(RedisOutcome.Unreachable, (await publisher.TryLeadAsync(default)).Outcome);

        _redis.Continue();
        Assert.True(await WaitUntilLeaderAsync(publisher));
    }

    /// <param name="url">Which Redis.</param>
    /// <param name="instance">Its name.</param>
    /// <param name="stream">Key of the stream; empty: none.</param>
    /// <param name="deadline">For an answer; null: no answer is too late.</param>
    private static LeasedPublisher Publisher(RedisUrl url, string instance, string stream = "", TimeSpan? deadline = null) =>
        new(url, new RedisOptions { StreamKey = stream }, "keys", "runs", instance, TimeProvider.System, deadline ?? TestTimeouts.Default);

    private static async Task<bool> WaitUntilLeaderAsync(LeasedPublisher publisher) => (await AnswerAsync(() => publisher.TryLeadAsync(default))).Value;

    private static async Task<LeaseCheckpoint> LoadAsync(LeasedPublisher publisher)
    {
        RedisReply<LeaseCheckpoint?> reply = await AnswerAsync(() => publisher.LoadAsync(default));
        Assert.True(reply.IsDone, reply.Reason);
        return reply.Value!;
    }

    /// <summary>Asks again while there is no answer: connecting may take longer than it should on a busy machine.</summary>
    private static async Task<RedisReply<T>> AnswerAsync<T>(Func<Task<RedisReply<T>>> ask)
    {
        RedisReply<T> reply = default;
        await Eventually.TrueAsync(async () => (reply = await ask()).Outcome != RedisOutcome.Unreachable, TestTimeouts.Default, () => reply.Reason);
        return reply;
    }

    private static byte[][] Payloads(int first, int count) => [.. Enumerable.Range(first, count).Select(n => Encoding.ASCII.GetBytes(n.ToString(CultureInfo.InvariantCulture)))];
}
