using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Access;

/// <summary>The storage of tickets in Redis, and in the embedded one.</summary>
public sealed class TicketStorageTests(RealRedis redis, GarnetRedis garnet) : IClassFixture<RealRedis>, IClassFixture<GarnetRedis>
{
    private static readonly TimeSpan FirstUse = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ticket_is_saved_found_kept_and_dropped(bool isEmbedded)
    {
        await using RedisTickets tickets = Open(isEmbedded);
        string user = Guid.NewGuid().ToString("n");
        await SaveAsync(tickets, "a" + user, user, 60);
        await SaveAsync(tickets, "b" + user, user, 60);

        Assert.Equal(7, Assert.Single((await tickets.FindAsync("a" + user, default)).Value!));
        Assert.True((await tickets.KeepAsync("a" + user, TimeSpan.FromHours(1), default)).Value);
        Assert.Equal("True True False", await ExistAsync(tickets, "a" + user, "b" + user, "c" + user));
        Assert.Equal(2, (await tickets.DropAllAsync(user, default)).Value);
        Assert.Equal("False False", await ExistAsync(tickets, "a" + user, "b" + user));
        Assert.Equal(0, (await tickets.DropAllAsync(user, default)).Value);
        Assert.True((await tickets.FindAsync("a" + user, default)) is { IsDone: true, Value: null });
    }

    [Fact]
    public async Task Tickets_of_one_user_are_bounded_and_the_first_to_expire_are_dropped()
    {
        await using RedisTickets tickets = Open(isEmbedded: false);
        await SaveAsync(tickets, "first", "many", 60);
        for (int i = 0; i < RedisTickets.MaxOfUser; i++) await SaveAsync(tickets, $"n{i}", "many", 120);

        Assert.Equal("False True True", await ExistAsync(tickets, "first", "n0", $"n{RedisTickets.MaxOfUser - 1}"));
        Assert.Equal(RedisTickets.MaxOfUser, (await tickets.DropAllAsync("many", default)).Value);
    }

    private static async Task<string> ExistAsync(RedisTickets tickets, params string[] hashes) =>
        string.Join(' ', (await tickets.ExistAsync(hashes, default)).Value!);

    private static async Task SaveAsync(RedisTickets tickets, string hash, string user, int seconds)
    {
        RedisReply<bool> saved = await tickets.SaveAsync(hash, user, [7], FirstUse, DateTimeOffset.UtcNow.AddSeconds(seconds), default).Within();
        Assert.True(saved.Value, saved.Reason);
    }

    private RedisTickets Open(bool isEmbedded) => new(isEmbedded ? garnet.Url : redis.Url, new RedisOptions(), TimeProvider.System);
}
