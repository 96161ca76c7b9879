using System.Text.RegularExpressions;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>The ACL user of deploy/CONFIGURATION.md has every permission that the relay uses, and the relay logs in as this user.</summary>
public sealed partial class RedisPermissionTests
{
    private const string Password = "s3cr%t";

    [Fact]
    public async Task Documented_ACL_user_has_every_permission_that_the_relay_uses()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await CreateUserAsync(redis);
        RedisUrl url = LinkHarness.Parse($"redis://relay:{Uri.EscapeDataString(Password)}@127.0.0.1:{redis.Port}/1");
        RelayOptions Change(RelayOptions options) => options with
        {
            Redis = options.Redis with { StreamKey = "cecelia:stream" },
            Recovery = new RecoveryOptions { KeepInterval = TimeSpan.FromMilliseconds(50) },
            Commands = options.Commands with { Names = ["start_session"] },
        };

        await using (RunningRelay first = await RunningRelay.StartAsync(url, Change))
        {
            await using RunningRelay second = await RunningRelay.StartAsync(url, Change);
            await redis.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");
            await Eventually.TrueAsync(() => first.Get<RedisLink>().Swaps == 1 && second.Get<RedisLink>().Swaps == 1);
            await Eventually.TrueAsync(async () => await redis.PublishAsync("cecelia:events", """{"event":"task:created","data":{"taskId":"t1"}}""") == 2);
            await Eventually.TrueAsync(() => first.Get<Ingestor>().Accepted == 1 && second.Get<Ingestor>().Accepted == 1);
            await using TestClient client = await first.ConnectAsync();
            await client.SendAsync("""{"cmd":"start_session","data":{}}""");
            await Eventually.TrueAsync(() => first.Get<CommandCounts>().Count(CommandOutcome.NoReceiver) == 1);
            await Eventually.TrueAsync(() => first.Get<RedisLink>().IsSubscribedToRequests && second.Get<RedisLink>().IsSubscribedToRequests);
        }

        await using (
            var leased = new LeasedPublisher(
                url,
                new RedisOptions { StreamKey = "cecelia:stream" },
                new RedisOptions().PostgresKeys,
                "runs",
                "test",
                TimeProvider.System,
                TestTimeouts.Default))
        {
            Assert.True((await leased.TryLeadAsync(default)).Value);
            LeaseCheckpoint begun = (await leased.LoadAsync(default)).Value!;
            Assert.True((await leased.PublishAsync(begun, begun with { Seq = 1 }, ["{}"u8.ToArray()], default)).Value);
            Assert.Null(leased.StreamFault);
            await leased.ReleaseAsync();
        }

        await using (var tickets = new RedisTickets(url, new RedisOptions(), TimeProvider.System))
        {
            for (int i = 0; i <= RedisTickets.MaxOfUser; i++)
                Assert.True((await tickets.SaveAsync($"t{i}", "u", [1], TimeSpan.FromSeconds(30), DateTimeOffset.UtcNow.AddHours(1), default)).Value);
            Assert.NotNull((await tickets.FindAsync("t900", default)).Value);
            Assert.True((await tickets.KeepAsync("t900", TimeSpan.FromHours(1), default)).Value);
            Assert.True((await tickets.ExistAsync(["t900"], default)).IsDone);
            Assert.Equal(RedisTickets.MaxOfUser, (await tickets.DropAllAsync("u", default)).Value);
        }

        await using (RunningRelay third = await RunningRelay.StartAsync(url, Change)) Assert.True(third.Get<RedisLink>().IsSubscribedTo("cecelia:events:*"));
        string[] refused = (await redis.CommandAsync("ACL", "LOG")).Split('\n');
        Assert.Equal([], refused.Where((_, line) => line > 0 && refused[line - 1] == "object"));
    }

    [Fact]
    public async Task Wrong_password_of_a_user_is_reported()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await CreateUserAsync(redis);
        await using var harness = new LinkHarness($"redis://relay:wrong@127.0.0.1:{redis.Port}");

        await Eventually.TrueAsync(
            () => harness.Link.Status.Reason?.Contains("WRONGPASS", StringComparison.Ordinal) == true,
            describe: () => harness.Link.Status.ToString());
    }

    private static async Task CreateUserAsync(RedisServer redis)
    {
        string line = AclLine().Match(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "CONFIGURATION.md"))).Groups[1].Value.Trim();
        Assert.StartsWith("relay on >PASSWORD", line, StringComparison.Ordinal);
        Assert.Equal(
            "OK",
            await redis.CommandAsync(
                [
                    "ACL",
                    "SETUSER",
                    .. line.Replace(
                        "PASSWORD",
                        Password,
                        StringComparison.Ordinal).Replace("\\\n", " ", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries),
                ]));
    }

    [GeneratedRegex(@"^ACL SETUSER ((?:.*\\\n)*.*)$", RegexOptions.Multiline)]
    private static partial Regex AclLine();
}
