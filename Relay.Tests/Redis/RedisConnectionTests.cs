using Cecelia.Relay.Redis;
using Microsoft.Extensions.Time.Testing;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>Deadlines adapt: on a machine or path that is too slow for a step, the same step does not fail again and again.</summary>
public sealed class RedisConnectionTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Deadline_doubles_after_a_late_reply_until_one_is_in_time()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var proxy = new TcpProxy(redis.Port);
        var time = new FakeTimeProvider();
        await using var connection = new RedisConnection(RedisUrl.For("127.0.0.1", proxy.Port), Deadline, time, maxPatience: 4);

        Assert.False(await IsInTimeAsync(Deadline));
        Assert.True(await IsInTimeAsync(1.5 * Deadline));
        Assert.False(await IsInTimeAsync(1.5 * Deadline));

        async Task<bool> IsInTimeAsync(TimeSpan after)
        {
            Assert.True((await connection.ConnectAsync(CancellationToken.None)).IsDone);
            proxy.Stall();
            var asked = new TaskCompletionSource();
            Task<RedisReply<bool>> reply = connection.AskAsync(
                database =>
                {
                    Task<TimeSpan> ping = database.PingAsync();
                    asked.SetResult();
                    return ping.ContinueWith(done => done.IsCompletedSuccessfully, TaskScheduler.Default);
                },
                Deadline,
                CancellationToken.None);
            await asked.Task;
            time.Advance(after);
            proxy.Resume();
            return (await reply.Within()).IsDone;
        }
    }

    /// <summary>Each step had one second, and a link on a busy machine always failed at the same step.</summary>
    [Fact]
    public async Task Link_over_a_path_slower_than_a_step_subscribes_eventually()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using var proxy = new TcpProxy(redis.Port) { Latency = TimeSpan.FromMilliseconds(250) };
        await using var harness = new LinkHarness(RedisUrl.For("127.0.0.1", proxy.Port), stepDeadline: TimeSpan.FromMilliseconds(200));

        await harness.WaitUntilSubscribedAsync();
    }
}
