using System.Diagnostics;
using System.Globalization;
using System.Text;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Telemetry;
using Microsoft.Extensions.Time.Testing;
using Xunit.Abstractions;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>State is passed from a ready instance to a starting one through Redis, and the position of the barrier is exact.</summary>
public sealed class RedisHandoffTests(ITestOutputHelper output)
{
    private const int MaxBlobBytes = 1_000_000;

    [Fact]
    public async Task Events_before_the_request_and_after_the_barrier_are_all_events_once()
    {
        const int Rounds = 50;
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        await using var ready = new LinkHarness(url, instance: "ready");
        await using var starting = new LinkHarness(url, instance: "starting");
        await WaitUntilReadyAsync(ready);
        await starting.WaitUntilSubscribedAsync();
        await using RedisHandoff handoff = Handoff(url, "starting");
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(url);
        using var stop = new CancellationTokenSource();
        Task<int> flooding = FloodAsync(publisher, stop.Token);

        var nonces = new List<Guid>();
        for (int round = 0; round < Rounds; round++)
        {
            long before = starting.Queue.Received;
            await Eventually.TrueAsync(() => starting.Queue.Received > before + 100);
            nonces.Add(Guid.NewGuid());
            RedisReply<long> siblings = await handoff.RequestAsync(nonces[^1], CancellationToken.None);
            Assert.Equal(RedisReply.Done(1L), siblings);
        }

        await Eventually.TrueAsync(() => ready.Requests.Count == Rounds && starting.Barriers.Count == Rounds);
        // The load must end after the last barrier, not with it.
        long last = ready.Requests.Max(request => request.Received);
        await Eventually.TrueAsync(() => ready.Queue.Received > last + 100);
        await stop.CancelAsync();
        int sent = await flooding.Within();
        await Eventually.TrueAsync(() => ready.Queue.Received == sent && starting.Queue.Received == sent);

        int[] all = [.. Enumerable.Range(1, sent)];
        int[] atReady = [.. ready.TakeAll().Select(Number)];
        int[] atStarting = [.. starting.TakeAll().Select(Number)];
        Assert.Equal(nonces, ready.Requests.Select(request => request.Nonce));
        Assert.Equal(nonces, starting.Barriers.Select(barrier => barrier.Nonce));
        foreach ((Guid nonce, long before) in ready.Requests)
        {
            long after = starting.Barriers.Single(barrier => barrier.Nonce == nonce).Received;
            Assert.Equal(all, atReady.Take((int)before).Concat(atStarting.Skip((int)after)));
        }

        // Rounds during which nothing was sent would prove nothing.
        Assert.Equal(Rounds, ready.Requests.Select(request => request.Received).Distinct().Count());
        Assert.InRange(ready.Requests.Max(request => request.Received), 1, sent - 1);
        output.WriteLine($"{sent} events, barriers at {string.Join(", ", starting.Barriers.Select(barrier => barrier.Received))}");
    }

    [Fact]
    public async Task Blob_is_passed_from_the_leader_to_the_requester()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        await using var first = new LinkHarness(url, instance: "first");
        await using var second = new LinkHarness(url, instance: "second");
        await using var third = new LinkHarness(url, instance: "third");
        await WaitUntilReadyAsync(first);
        await WaitUntilReadyAsync(second);
        await third.WaitUntilSubscribedAsync();
        await using RedisHandoff ofFirst = Handoff(url, "first");
        await using RedisHandoff ofSecond = Handoff(url, "second");
        await using RedisHandoff ofThird = Handoff(url, "third");
        byte[] blob = Enumerable.Range(0, MaxBlobBytes).Select(i => (byte)i).ToArray();
        var nonce = Guid.NewGuid();

        Task<RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?>> waiting = ofThird.WaitAsync(nonce, TestTimeouts.Default, CancellationToken.None);
        Assert.Equal(RedisReply.Done(2L), await ofThird.RequestAsync(nonce, CancellationToken.None));
        await Eventually.TrueAsync(() => first.Requests.Count == 1 && second.Requests.Count == 1 && third.Barriers.Count == 1);
        RedisReply<bool>[] leads = await Task.WhenAll(
            ofFirst.TryLeadAsync(nonce, CancellationToken.None), ofSecond.TryLeadAsync(nonce, CancellationToken.None)).Within();
        RedisHandoff leader = leads[0].Value ? ofFirst : ofSecond;
        RedisReply<bool> answered = await leader.AnswerAsync(nonce, HandoffBytes.From(blob), CancellationToken.None);

        Assert.Single(leads, lead => lead.Value);
        Assert.True(answered is { IsDone: true, Value: true });
        Assert.Equal(blob, HandoffBytes.Join((await waiting.Within()).Value!));
        Assert.Empty(third.Requests);
        Assert.Empty(first.Barriers);
        // Neither key outlives its use.
        Assert.Equal($"cecelia:relay:handoff:{nonce:N}:lease", await redis.CommandAsync("KEYS", "*"));
        Assert.InRange(long.Parse(await redis.CommandAsync("PTTL", $"cecelia:relay:handoff:{nonce:N}:lease"), CultureInfo.InvariantCulture), 1, 20_000);
    }

    [Fact]
    public async Task Wait_for_a_missing_reply_ends_at_the_deadline()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RedisHandoff handoff = Handoff(LinkHarness.Parse(redis.Url), "x");

        long started = Stopwatch.GetTimestamp();
        RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> reply = await handoff.WaitAsync(
            Guid.NewGuid(), TimeSpan.FromMilliseconds(200), CancellationToken.None);

        Assert.Equal(RedisReply.Done<IReadOnlyList<ReadOnlyMemory<byte>>?>(null), reply);
        Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public async Task Request_without_siblings_returns_the_stored_copy()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        await using (RedisHandoff old = Handoff(url, "old"))
        {
            Assert.True((await old.KeepAsync(HandoffBytes.From("one"u8.ToArray()), TimeSpan.FromMinutes(1), CancellationToken.None)).IsDone);
            Assert.True((await old.KeepAsync(HandoffBytes.From("two"u8.ToArray()), TimeSpan.FromMinutes(1), CancellationToken.None)).IsDone);
        }

        await using var starting = new LinkHarness(url, instance: "starting");
        await starting.WaitUntilSubscribedAsync();
        await using RedisHandoff handoff = Handoff(url, "starting");

        Assert.Equal(RedisReply.Done(0L), await handoff.RequestAsync(Guid.NewGuid(), CancellationToken.None));
        Assert.Equal("two"u8.ToArray(), HandoffBytes.Join((await handoff.LoadKeptAsync(CancellationToken.None)).Value!));
        Assert.InRange(long.Parse(await redis.CommandAsync("PTTL", "cecelia:relay:handoff:kept"), CultureInfo.InvariantCulture), 1, 60_000);
    }

    [Fact]
    public async Task Missing_copy_is_null_and_one_instance_per_interval_stores_a_copy()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        await using RedisHandoff one = Handoff(url, "one");
        await using RedisHandoff two = Handoff(url, "two");

        Assert.Equal(RedisReply.Done<IReadOnlyList<ReadOnlyMemory<byte>>?>(null), await one.LoadKeptAsync(CancellationToken.None));
        Assert.Equal(RedisReply.Done(true), await one.TryTakeTurnAsync(TimeSpan.FromSeconds(1), CancellationToken.None));
        Assert.Equal(RedisReply.Done(false), await two.TryTakeTurnAsync(TimeSpan.FromSeconds(1), CancellationToken.None));
        await Eventually.TrueAsync(async () => (await two.TryTakeTurnAsync(TimeSpan.FromMinutes(1), CancellationToken.None)).Value);
        Assert.Equal(RedisReply.Done(false), await one.TryTakeTurnAsync(TimeSpan.FromSeconds(1), CancellationToken.None));
    }

    [Fact]
    public async Task Too_large_blob_is_neither_written_nor_read()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        await using RedisHandoff small = Handoff(url, "small");
        await using var large = new RedisHandoff(
            new RedisContext(url, new RedisOptions(), "large", TimeProvider.System), MaxBlobBytes + 1, TestTimeouts.Default)
        {
            CommandDeadline = TestTimeouts.Default,
        };
        byte[] blob = new byte[MaxBlobBytes + 1];
        var nonce = Guid.NewGuid();

        Assert.Equal(RedisOutcome.TooLarge, (await small.KeepAsync(HandoffBytes.From(blob), TimeSpan.FromMinutes(1), CancellationToken.None)).Outcome);
        Assert.Equal(RedisOutcome.TooLarge, (await small.AnswerAsync(nonce, HandoffBytes.From(blob), CancellationToken.None)).Outcome);
        Assert.Equal("0", await redis.CommandAsync("DBSIZE"));
        Assert.True((await large.KeepAsync(HandoffBytes.From(blob), TimeSpan.FromMinutes(1), CancellationToken.None)).IsDone);
        Assert.True((await large.AnswerAsync(nonce, HandoffBytes.From(blob), CancellationToken.None)).IsDone);

        Assert.Equal(RedisOutcome.TooLarge, (await small.LoadKeptAsync(CancellationToken.None)).Outcome);
        Assert.Equal(RedisOutcome.TooLarge, (await small.WaitAsync(nonce, TestTimeouts.Default, CancellationToken.None).Within()).Outcome);
        Assert.Equal(blob, HandoffBytes.Join((await large.LoadKeptAsync(CancellationToken.None)).Value!));
    }

    [Fact]
    public async Task Stored_copy_is_split_into_parts_below_a_mebibyte_and_is_invalid_without_one()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RedisHandoff handoff = Handoff(LinkHarness.Parse(redis.Url), "x");
        byte[] blob = Enumerable.Range(0, MaxBlobBytes).Select(i => (byte)(i * 7)).ToArray();
        for (int i = 0; i < 2; i++) Assert.True((await handoff.KeepAsync(HandoffBytes.From(blob), TimeSpan.FromMinutes(1), CancellationToken.None)).IsDone);

        string[] keys = [.. (await redis.CommandAsync("KEYS", "cecelia:relay:handoff:*:*")).Split('\n').Order()];
        long[] lives = await Task.WhenAll(
            keys.Append("cecelia:relay:handoff:kept").Select(async key => long.Parse(await redis.CommandAsync("PTTL", key), CultureInfo.InvariantCulture)));
        long[] lengths = await Task.WhenAll(keys.Select(async key => long.Parse(await redis.CommandAsync("STRLEN", key), CultureInfo.InvariantCulture)));
        Assert.Equal(blob, HandoffBytes.Join((await handoff.LoadKeptAsync(CancellationToken.None)).Value!));
        await redis.CommandAsync("DEL", keys[1]);
        RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> broken = await handoff.LoadKeptAsync(CancellationToken.None);

        // The parts of the first copy are deleted.
        Assert.Equal(4, keys.Length);
        Assert.All(lengths, length => Assert.InRange(length, 1, (1024 * 1024) - 1));
        Assert.Equal(MaxBlobBytes + (4 * PieceWriter.HeaderBytes), lengths.Sum());
        // The parts outlive the key that lists them, so that a reader has time.
        Assert.All(lives[..^1], life => Assert.InRange(life, lives[^1] + 1, 90_000));
        Assert.Equal(RedisOutcome.Incomplete, broken.Outcome);
    }

    [Fact]
    public async Task Larger_reply_expires_later()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RedisHandoff handoff = Handoff(LinkHarness.Parse(redis.Url), "x");
        Guid small = Guid.NewGuid(), large = Guid.NewGuid();

        Assert.True((await handoff.AnswerAsync(large, HandoffBytes.From(new byte[MaxBlobBytes]), CancellationToken.None)).IsDone);
        Assert.True((await handoff.AnswerAsync(small, HandoffBytes.From(new byte[100]), CancellationToken.None)).IsDone);
        long[] lives = await Task.WhenAll(
            new[] { small, large }.Select(
                async nonce => long.Parse(await redis.CommandAsync("PTTL", $"cecelia:relay:handoff:{nonce:N}:1"), CultureInfo.InvariantCulture)));

        // 1 MB over a path of 32 KiB/s.
        Assert.InRange(lives[0], 1, 30_000);
        Assert.InRange(lives[1], 30_001, 61_000);
    }

    /// <summary>A fixed deadline of two seconds for the whole blob lost the state of thousands of tasks over a slow path.</summary>
    [Fact]
    public async Task Deadline_of_a_part_grows_with_its_size()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var proxy = new TcpProxy(redis.Port);
        var time = new FakeTimeProvider();
        await using RedisHandoff writer = Handoff(LinkHarness.Parse(redis.Url), "writer");
        await using var reader = new RedisHandoff(new RedisContext(RedisUrl.For("127.0.0.1", proxy.Port), new RedisOptions(), "reader", time), MaxBlobBytes);
        byte[] blob = Enumerable.Range(0, MaxBlobBytes).Select(i => (byte)(i * 3)).ToArray();
        var nonce = Guid.NewGuid();
        Assert.True((await writer.AnswerAsync(nonce, HandoffBytes.From(blob), CancellationToken.None)).IsDone);
        await reader.WaitAsync(Guid.NewGuid(), TimeSpan.Zero, CancellationToken.None);
        int connections = proxy.Accepted;

        proxy.Stall();
        Task<RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?>> waiting = reader.WaitAsync(nonce, TimeSpan.FromSeconds(1), CancellationToken.None);
        await Eventually.TrueAsync(
            async () => (await redis.CommandAsync("INFO", "commandstats")).Contains("cmdstat_getrange:calls=2,", StringComparison.Ordinal));
        time.Advance(TimeSpan.FromSeconds(PieceWriter.PieceBytes / (32 * 1024)));
        proxy.Resume();

        Assert.Equal(blob, HandoffBytes.Join((await waiting.Within()).Value!));
        Assert.Equal(connections, proxy.Accepted);
    }

    [Fact]
    public async Task Failure_is_returned_with_a_reason_and_never_thrown()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        await using RedisHandoff handoff = Handoff(url, "x");

        RedisReply<long> unheard = await handoff.RequestAsync(Guid.NewGuid(), CancellationToken.None);
        await redis.CommandAsync("LPUSH", "cecelia:relay:handoff:kept", "x");
        RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> wrong = await handoff.LoadKeptAsync(CancellationToken.None);
        await redis.CommandAsync("ACL", "SETUSER", "default", "-set", "-publish", "resetkeys");
        RedisReply<bool> lead = await handoff.TryLeadAsync(Guid.NewGuid(), CancellationToken.None);
        RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> denied = await handoff.WaitAsync(Guid.NewGuid(), TestTimeouts.Default, CancellationToken.None);
        RedisReply<long> aborted = await handoff.RequestAsync(Guid.NewGuid(), CancellationToken.None);
        // Either the end of the connection or the deadline is noticed first: the outcome is the same.
        await using RedisHandoff left = Handoff(url, "x", TimeSpan.FromSeconds(1));
        await left.TryLeadAsync(Guid.NewGuid(), CancellationToken.None);
        await redis.StopAsync();
        RedisReply<long> unreachable = await left.RequestAsync(Guid.NewGuid(), CancellationToken.None);
        RedisReply<IReadOnlyList<ReadOnlyMemory<byte>>?> waited = await left.WaitAsync(Guid.NewGuid(), TimeSpan.FromMilliseconds(100), CancellationToken.None);
        await redis.RestartAsync();

        Assert.Equal(RedisOutcome.NotReceived, unheard.Outcome);
        Assert.Equal(RedisOutcome.WrongType, wrong.Outcome);
        Assert.Equal(RedisOutcome.Forbidden, lead.Outcome);
        Assert.Equal(RedisOutcome.Forbidden, denied.Outcome);
        Assert.Equal(RedisOutcome.Aborted, aborted.Outcome);
        Assert.Equal(RedisOutcome.Unreachable, unreachable.Outcome);
        Assert.Equal(RedisOutcome.Unreachable, waited.Outcome);
        await Eventually.TrueAsync(async () => (await handoff.TryLeadAsync(Guid.NewGuid(), CancellationToken.None)).Value);
    }

    [Fact]
    public async Task Frozen_Redis_is_reported_in_time()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RedisHandoff handoff = Handoff(LinkHarness.Parse(redis.Url), "x", TimeSpan.FromSeconds(1));
        await handoff.LoadKeptAsync(CancellationToken.None);

        redis.Freeze();
        RedisReply<bool> lead = await handoff.TryLeadAsync(Guid.NewGuid(), CancellationToken.None).Within();
        redis.Continue();

        Assert.Equal(RedisOutcome.Unreachable, lead.Outcome);
    }

    [Fact]
    public async Task Requests_are_received_after_a_reconnect_and_invalid_nonces_are_ignored()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        RedisUrl url = LinkHarness.Parse(redis.Url);
        await using var ready = new LinkHarness(url, instance: "ready");
        await WaitUntilReadyAsync(ready);

        await redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await Eventually.TrueAsync(() => ready.Link is { Swaps: 1, IsSubscribedToRequests: true });
        foreach (string text in (string[])["", "x", new string('z', 32), new string('0', 33)]) await redis.PublishAsync("cecelia:relay:handoff", text);
        var nonce = Guid.NewGuid();
        Assert.Equal(1, await redis.PublishAsync("cecelia:relay:handoff", nonce.ToString("N")));

        await Eventually.TrueAsync(() => !ready.Requests.IsEmpty);
        Assert.Equal([nonce], ready.Requests.Select(request => request.Nonce));
        Assert.Equal(0, ready.Queue.Received);
    }

    [Fact]
    public async Task Refused_request_subscription_is_reported_once_and_loses_no_event()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await redis.CommandAsync("ACL", "SETUSER", "default", "resetchannels", "&cecelia:events", "&cecelia:events:*", "&cecelia:relay:probe:*");
        await using var ready = new LinkHarness(redis.Url);
        await ready.WaitUntilSubscribedAsync();

        ready.Link.SubscribeToRequests();
        await Eventually.TrueAsync(() => ready.Logged.Any(entry => entry.Event == EventIds.RedisHandoffRefused));
        await redis.PublishAsync("cecelia:events", "x");
        Assert.Equal(["cecelia:events x"], await ready.TakeAsync(1));
        await redis.CommandAsync("ACL", "SETUSER", "default", "allchannels");
        await Eventually.TrueAsync(() => ready.Link.IsSubscribedToRequests);

        Assert.Single(ready.Logged, entry => entry.Event == EventIds.RedisHandoffRefused);
        Assert.Single(ready.Logged, entry => entry.Event == EventIds.RedisHandoffPermitted);
        Assert.Equal(0, ready.Link.Swaps);
    }

    [Fact]
    public async Task Embedded_Redis_supports_a_handoff()
    {
        using EmbeddedRedis redis = EmbeddedRedis.Start(0);
        await using var harness = new LinkHarness(redis.Url);
        await WaitUntilReadyAsync(harness);
        await using RedisHandoff handoff = Handoff(redis.Url, "test");
        var nonce = Guid.NewGuid();

        Assert.Equal(RedisReply.Done(1L), await handoff.RequestAsync(nonce, CancellationToken.None));
        await Eventually.TrueAsync(() => harness.Requests.Count == 1 && harness.Barriers.Count == 1);
        Assert.Equal(RedisReply.Done(true), await handoff.TryLeadAsync(nonce, CancellationToken.None));
        Assert.Equal(RedisReply.Done(false), await handoff.TryLeadAsync(nonce, CancellationToken.None));
        Assert.True((await handoff.AnswerAsync(nonce, HandoffBytes.From("x"u8.ToArray()), CancellationToken.None)).Value);
        Assert.Equal("x"u8.ToArray(), HandoffBytes.Join((await handoff.WaitAsync(nonce, TestTimeouts.Default, CancellationToken.None)).Value!));
    }

    private static RedisHandoff Handoff(RedisUrl url, string instance, TimeSpan? commandDeadline = null) =>
        new(new RedisContext(url, new RedisOptions(), instance, TimeProvider.System), MaxBlobBytes, TestTimeouts.Default)
        {
            CommandDeadline = commandDeadline ?? TestTimeouts.Default,
        };

    private static async Task WaitUntilReadyAsync(LinkHarness harness)
    {
        await harness.WaitUntilSubscribedAsync();
        harness.Link.SubscribeToRequests();
        await Eventually.TrueAsync(() => harness.Link.IsSubscribedToRequests, describe: () => harness.Link.Status.ToString());
    }

    private static async Task<int> FloodAsync(RedisPublisher publisher, CancellationToken stop)
    {
        int sent = 0;
        while (!stop.IsCancellationRequested)
        {
            Task<long>[] burst =
            [
                .. Enumerable.Range(0, 20).Select(
                    i => publisher.PublishAsync(i % 2 == 0 ? "cecelia:events" : "cecelia:events:x", Bytes(++sent), CancellationToken.None)),
            ];
            await Task.WhenAll(burst);
        }

        return sent;
    }

    private static int Number(string message) => int.Parse(message.AsSpan(message.IndexOf(' ', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);

    private static byte[] Bytes(int number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
