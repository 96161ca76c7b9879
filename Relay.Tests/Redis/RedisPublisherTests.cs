using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

public sealed class RedisPublisherTests
{
    [Fact]
    public async Task Unreachable_Redis_is_reported_in_plain_words()
    {
        int port = RedisServer.FreePort();

        RedisUnreachableException failure =
            await Assert.ThrowsAsync<RedisUnreachableException>(() => RedisPublisher.ConnectAsync(LinkHarness.Parse($"redis://:geheim@127.0.0.1:{port}")));

        Assert.Equal($"127.0.0.1:{port}: connection refused", failure.Message);
    }

    [Fact]
    public async Task Wrong_password_is_reported_without_it()
    {
        await using RedisServer redis = await RedisServer.StartAsync(new RedisServerOptions { Password = "another" });

        RedisUnreachableException failure = await Assert.ThrowsAsync<RedisUnreachableException>(
            () => RedisPublisher.ConnectAsync(LinkHarness.Parse($"redis://:geheim@127.0.0.1:{redis.Port}")));

        Assert.Contains("WRONGPASS", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publishing_without_permission_fails_and_works_when_allowed()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(LinkHarness.Parse(redis.Url));

        await redis.CommandAsync("ACL", "SETUSER", "default", "-publish");
        RedisUnreachableException failure = await Assert.ThrowsAsync<RedisUnreachableException>(() => publisher.PublishAsync("c", [1]));
        await redis.CommandAsync("ACL", "SETUSER", "default", "+publish");

        Assert.Contains("NOPERM", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, await publisher.PublishAsync("c", [1]));
    }

    [Fact]
    public async Task Publishing_works_again_after_Redis_restarts()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(LinkHarness.Parse(redis.Url));
        Assert.Equal(0, await publisher.PublishAsync("c", [1]));

        await redis.StopAsync();
        await Assert.ThrowsAsync<RedisUnreachableException>(() => publisher.PublishAsync("c", [1]));
        await redis.RestartAsync();

        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return await publisher.PublishAsync("c", [1]) == 0;
            }
            catch (RedisUnreachableException)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task Frozen_Redis_fails_the_publication_in_bounded_time()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(LinkHarness.Parse(redis.Url));

        redis.Freeze();
        await Assert.ThrowsAsync<RedisUnreachableException>(() => publisher.PublishAsync("c", [1])).WaitAsync(TimeSpan.FromSeconds(10));
        redis.Continue();

        Assert.Equal(0, await publisher.PublishAsync("c", [1]));
    }
}
