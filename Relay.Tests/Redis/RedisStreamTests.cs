using System.Globalization;
using System.Text;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>Events that a publisher adds to a stream are read again: in order, within bounds, with a statement whether they are complete.</summary>
public sealed class RedisStreamTests
{
    private const string Key = "cecelia:stream";

    private static readonly RedisStreamId Beginning = new(0, 0);

    [Fact]
    public async Task Stream_has_the_events_of_concurrent_publications_in_the_order_of_subscribers()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        await using var harness = new LinkHarness(url);
        await harness.WaitUntilSubscribedAsync();
        await using RedisPublisher first = await RedisPublisher.ConnectAsync(url, new PublishedStream(Key));
        await using RedisPublisher second = await RedisPublisher.ConnectAsync(url, new PublishedStream(Key));

        var published = new List<Task<long>>();
        for (int i = 0; i < 3000; i++) published.Add((i % 2 == 0 ? first : second).PublishAsync("cecelia:events", Bytes(i)));
        Assert.All(await Task.WhenAll(published).Within(), receivers => Assert.Equal(1, receivers));
        RedisStreamRead read = await ReadAsync(url, Beginning);

        Assert.Equal((await harness.TakeAsync(3000)).Select(message => message["cecelia:events ".Length..]), Payloads(read));
        Assert.Equal(read.Entries.Select(entry => entry.Id), read.Entries.Select(entry => entry.Id).Order().Distinct());
        Assert.False(read.IsCut);
    }

    [Fact]
    public async Task Read_starts_with_the_entry_at_the_given_id()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        foreach (string id in (string[])["1000-0", "1000-1", "2000-0", "3000-0"]) await redis.CommandAsync("XADD", Key, id, "p", id);

        RedisStreamRead first = await ReadAsync(url, new RedisStreamId(1000, 1));
        RedisStreamRead second = await ReadAsync(url, new RedisStreamId(2000, 0));
        RedisStreamRead last = await ReadAsync(url, new RedisStreamId(3000, 0));

        Assert.Equal(["1000-1", "2000-0", "3000-0"], Payloads(first));
        Assert.Equal(["2000-0", "3000-0"], Payloads(second));
        Assert.Equal(["3000-0"], Payloads(last));
        Assert.All([first, second, last], read => Assert.True(read is { IsComplete: true, IsCut: false }));
    }

    [Fact]
    public async Task Read_is_complete_only_while_the_stream_reaches_back_to_the_given_id()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        for (int i = 1; i <= 5; i++) await redis.CommandAsync("XADD", Key, $"{i}-0", "p", Text(i));
        await redis.CommandAsync("XTRIM", Key, "MAXLEN", "3");

        // 1 and 2 are trimmed: a reader that has seen 1 has missed an event, one that has seen 3 has not, and for one that has seen 2 nothing is proven.
        RedisStreamRead fromOne = await ReadAsync(url, new RedisStreamId(1, 0));
        RedisStreamRead fromTwo = await ReadAsync(url, new RedisStreamId(2, 0));
        RedisStreamRead fromThree = await ReadAsync(url, new RedisStreamId(3, 0));

        Assert.All([fromOne, fromTwo, fromThree], read => Assert.Equal(["3", "4", "5"], Payloads(read)));
        Assert.False(fromOne.IsComplete);
        Assert.False(fromTwo.IsComplete);
        Assert.True(fromThree.IsComplete);
    }

    /// <summary>An id after all entries, as from a clock that is ahead, proves nothing; nor does one of a stream that was recreated.</summary>
    [Fact]
    public async Task Id_outside_the_stream_proves_nothing()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        foreach (string id in (string[])["1000-0", "2000-0"]) await redis.CommandAsync("XADD", Key, id, "p", id);

        RedisStreamRead beyond = await ReadAsync(url, new RedisStreamId(9000, 0));
        RedisStreamRead between = await ReadAsync(url, new RedisStreamId(1500, 0));

        Assert.Empty(beyond.Entries);
        Assert.Equal(["2000-0"], Payloads(between));
        Assert.False(beyond.IsComplete);
        Assert.False(between.IsComplete);
    }

    [Fact]
    public async Task Newest_entry_is_found_and_is_zero_without_a_stream()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var connection = new RedisConnection(LinkHarness.Parse(redis.Url), TestTimeouts.Default, TimeProvider.System);
        async Task<RedisReply<RedisStreamId>> FindAsync() =>
            (await connection.AskAsync(database => RedisStream.FindNewestAsync(database, Key), TestTimeouts.Default, CancellationToken.None)).Value;

        Assert.Equal(RedisReply.Done(new RedisStreamId(0, 0)), await FindAsync());
        foreach (string id in (string[])["1000-0", "1000-1"]) await redis.CommandAsync("XADD", Key, id, "p", id);
        Assert.Equal(RedisReply.Done(new RedisStreamId(1000, 1)), await FindAsync());
        await redis.CommandAsync("ACL", "SETUSER", "default", "-xrevrange");
        Assert.Equal(RedisOutcome.Forbidden, (await FindAsync()).Outcome);
    }

    [Fact]
    public async Task Missing_stream_is_empty_and_proves_nothing()
    {
        await using RedisServer redis = await RedisServer.StartAsync();

        RedisStreamRead read = await ReadAsync(LinkHarness.Parse(redis.Url), new RedisStreamId(5, 0));

        Assert.Empty(read.Entries);
        Assert.False(read.IsComplete);
        Assert.False(read.IsCut);
    }

    [Theory]
    [InlineData(99, 99, true)]
    [InlineData(100, 100, false)]
    [InlineData(1, 1, true)]
    public async Task Number_of_entries_is_bounded(int maxEntries, int expected, bool isTruncated)
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        await FillAsync(url, 100, 10);

        RedisStreamRead read = await ReadAsync(url, Beginning, maxEntries: maxEntries);

        Assert.Equal(expected, read.Entries.Count);
        Assert.Equal(isTruncated, read.IsCut);
    }

    [Theory]
    [InlineData(1_000_000, 10)]
    [InlineData(999_999, 9)]
    [InlineData(1, 1)]
    public async Task Bytes_are_bounded_and_the_first_entry_is_always_returned(long maxBytes, int expected)
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        await FillAsync(url, 200, 100_000);

        RedisStreamRead read = await ReadAsync(url, Beginning, maxBytes: maxBytes);

        Assert.Equal(expected, read.Entries.Count);
        Assert.True(read.IsCut);
    }

    [Fact]
    public async Task Large_and_numerous_events_are_read_completely_over_many_pages()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        await FillAsync(url, 4000, 0);
        await FillAsync(url, 200, 100_000);

        RedisStreamRead read = await ReadAsync(url, Beginning);

        Assert.Equal(4200, read.Entries.Count);
        Assert.All(read.Entries.Skip(4000), entry => Assert.Equal(100_000, entry.Payload.Length));
    }

    [Fact]
    public async Task Stream_trimmed_during_a_read_is_not_complete()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(url, new PublishedStream(Key, 200));
        using var stop = new CancellationTokenSource();
        Task<int> flooding = FloodAsync(publisher, stop.Token);

        int incomplete = 0;
        await Eventually.TrueAsync(async () =>
        {
            RedisStreamRead read = await ReadAsync(url, Beginning with { Ms = 1 });
            if (read.Entries.Count == 0) return false;
            RedisStreamRead next = await ReadAsync(url, read.Entries[0].Id);
            List<int> numbers = [.. Payloads(next).Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
            // The statement must be true: no gap if it reports none.
            if (next.IsComplete) Assert.Equal(Enumerable.Range(int.Parse(Payloads(read)[0], CultureInfo.InvariantCulture), numbers.Count), numbers);
            if (!next.IsComplete) incomplete++;
            return incomplete >= 5;
        });

        await stop.CancelAsync();
        await flooding.Within();
    }

    [Fact]
    public async Task Key_that_is_not_a_stream_is_reported_and_the_event_is_published()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        await redis.CommandAsync("SET", Key, "x");
        await using var harness = new LinkHarness(url);
        await harness.WaitUntilSubscribedAsync();
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(url, new PublishedStream(Key));

        RedisUnreachableException failure =
            await Assert.ThrowsAsync<RedisUnreachableException>(() => publisher.PublishAsync("cecelia:events", "a"u8.ToArray()));

        Assert.StartsWith("published, but not appended, since the key cecelia:stream is not a stream", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["cecelia:events a"], await harness.TakeAsync(1));
        Assert.Equal(RedisOutcome.WrongType, (await TryReadAsync(url)).Outcome);
    }

    [Fact]
    public async Task Refused_permission_is_reported_and_nothing_is_published_partially()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        await using var harness = new LinkHarness(url);
        await harness.WaitUntilSubscribedAsync();
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(url, new PublishedStream(Key));

        await redis.CommandAsync("ACL", "SETUSER", "default", "-xadd", "-xrange");
        RedisUnreachableException kept = await Assert.ThrowsAsync<RedisUnreachableException>(() => publisher.PublishAsync("cecelia:events", "a"u8.ToArray()));
        RedisReply<RedisStreamRead> read = await TryReadAsync(url);
        await redis.CommandAsync("ACL", "SETUSER", "default", "+xadd", "+xrange", "-publish");
        RedisUnreachableException published =
            await Assert.ThrowsAsync<RedisUnreachableException>(() => publisher.PublishAsync("cecelia:events", "b"u8.ToArray()));
        await redis.CommandAsync("ACL", "SETUSER", "default", "+publish");

        Assert.Contains("not published: Redis does not take it into the stream cecelia:stream: Redis says NOPERM", kept.Message, StringComparison.Ordinal);
        Assert.Equal(RedisOutcome.Forbidden, read.Outcome);
        Assert.Contains("not published: Redis does not permit the PUBLISH", published.Message, StringComparison.Ordinal);
        Assert.Equal(1, await publisher.PublishAsync("cecelia:events", "c"u8.ToArray()));
        Assert.Equal(["cecelia:events c"], await harness.TakeAsync(1));
        Assert.Equal(["c"], Payloads(await ReadAsync(url, Beginning)));
    }

    [Fact]
    public async Task Redis_without_streams_is_reported_by_publisher_and_reader()
    {
        using EmbeddedRedis redis = EmbeddedRedis.Start(0);

        RedisUnreachableException failure =
            await Assert.ThrowsAsync<RedisUnreachableException>(() => RedisPublisher.ConnectAsync(redis.Url, new PublishedStream(Key)));
        RedisReply<RedisStreamRead> read = await TryReadAsync(redis.Url);

        Assert.StartsWith("this Redis has no Streams (the relay's embedded one has none", failure.Message, StringComparison.Ordinal);
        Assert.Equal(RedisOutcome.Unsupported, read.Outcome);
    }

    [Fact]
    public async Task Unreachable_or_unresponsive_Redis_is_reported_in_time()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        RedisReply<RedisStreamRead> unreachable = await TryReadAsync(RedisUrl.For("127.0.0.1", RedisServer.FreePort()));
        redis.Freeze();
        RedisReply<RedisStreamRead> silent = await TryReadAsync(url, TimeSpan.FromMilliseconds(300));
        redis.Continue();

        Assert.Equal(RedisOutcome.Unreachable, unreachable.Outcome);
        Assert.Contains("connection refused", unreachable.Reason, StringComparison.Ordinal);
        Assert.Equal(RedisOutcome.Unreachable, silent.Outcome);
    }

    [Fact]
    public async Task Foreign_entry_is_returned_empty_so_that_the_decoder_refuses_it()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await redis.CommandAsync("XADD", Key, "*", "other", "x", "p2", "y");
        await redis.CommandAsync("XADD", Key, "*", "other", "x", "p", "ours");

        Assert.Equal(["", "ours"], Payloads(await ReadAsync(LinkHarness.Parse(redis.Url), Beginning)));
    }

    private static async Task<RedisStreamRead> ReadAsync(RedisUrl url, RedisStreamId from, int maxEntries = 1_000_000, long maxBytes = 1L << 30)
    {
        RedisReply<RedisStreamRead> reply = await RedisStream.ReadAsync(
            url, Key, from, maxEntries, maxBytes, TimeSpan.FromSeconds(20), TimeProvider.System, CancellationToken.None);
        Assert.True(reply.IsDone, reply.Reason);
        return reply.Value!;
    }

    private static Task<RedisReply<RedisStreamRead>> TryReadAsync(RedisUrl url, TimeSpan? deadline = null) =>
        RedisStream.ReadAsync(url, Key, Beginning, 100, 1000, deadline ?? TimeSpan.FromSeconds(20), TimeProvider.System, CancellationToken.None).Within();

    private static async Task FillAsync(RedisUrl url, int count, int bytes)
    {
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(url, new PublishedStream(Key, 1_000_000));
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => publisher.PublishAsync("cecelia:events", new byte[bytes]))).Within();
    }

    private static async Task<int> FloodAsync(RedisPublisher publisher, CancellationToken stop)
    {
        int sent = 0;
        while (!stop.IsCancellationRequested)
        {
            Task<long>[] burst = [.. Enumerable.Range(0, 50).Select(_ => publisher.PublishAsync("cecelia:events", Bytes(++sent), CancellationToken.None))];
            await Task.WhenAll(burst);
        }

        return sent;
    }

    private static string[] Payloads(RedisStreamRead read) => [.. read.Entries.Select(entry => Encoding.UTF8.GetString(entry.Payload))];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static byte[] Bytes(int number) => Encoding.ASCII.GetBytes(Text(number));
}
