using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Cecelia.Relay.Admin;
using Cecelia.Relay.Telemetry;
using Cecelia.Relay.Tests.Contracts;

namespace Cecelia.Relay.Tests.Admin;

/// <summary>PROTOCOL.md, <i>Traces</i>: which instances answered, and which did not.</summary>
public sealed class AdminBusTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Instance_that_stops_is_not_missed()
    {
        await using RunningRelay first = await RunningRelay.StartAsync(redis.Url);
        await using RunningRelay second = await RunningRelay.StartAsync(redis.Url);
        await AskAsync(first, response => response.GetProperty("answered").GetInt32() == 2);

        await second.StopAsync();

        await AskAsync(first, response => response.GetProperty("of").GetInt32() == 1);
    }

    [Fact]
    public async Task Instance_that_does_not_answer_is_named()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using EventPublisher other = await EventPublisher.ConnectAsync(redis.Url);
        // As an instance would appear that hangs: it has been heard of, and does not answer.
        await other.PublishAsync("""{"from":"deadbeef0000","verb":"later"}""", "cecelia:relay:admin:questions");

        JsonElement response = await AskAsync(relay, response => response.GetProperty("missing").GetArrayLength() > 0);

        Assert.Equal("""["deadbeef0000"]""", response.GetProperty("missing").GetRawText());
        Assert.Equal((1, 2), (response.GetProperty("answered").GetInt32(), response.GetProperty("of").GetInt32()));
    }

    [Fact]
    public async Task Subscribed_instance_that_was_never_heard_of_is_named()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        using var hanging = new TcpClient();
        await hanging.ConnectAsync((IPEndPoint)redis.Url.Hosts[0]).Within();
        RedisWire.Send(hanging.GetStream(), ["SUBSCRIBE", "cecelia:relay:admin:questions", "cecelia:relay:admin:answers:deadbeef0001"]);

        JsonElement response = await AskAsync(relay, response => response.GetProperty("missing").GetArrayLength() > 0);

        Assert.Equal("""["deadbeef0001"]""", response.GetProperty("missing").GetRawText());
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("[]")]
    [InlineData("""{"from":"x","verb":"close","nonce":7,"key":"k"}""")]
    [InlineData("""{"from":"\ud800","verb":"close","nonce":"00000000-0000-0000-0000-000000000001","key":"k"}""")]
    [InlineData("""{"from":"","verb":"connections","nonce":"00000000-0000-0000-0000-000000000001"}""")]
    public async Task Message_that_is_not_valid_is_ignored(string message)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using EventPublisher other = await EventPublisher.ConnectAsync(redis.Url);
        await AskAsync(relay, response => !response.TryGetProperty("reason", out _));
        await other.PublishAsync(message, "cecelia:relay:admin:questions");
        await other.PublishAsync(message, $"cecelia:relay:admin:answers:{relay.Get<Instance>().Name}");

        await AskAsync(relay, response => response.GetProperty("answered").GetInt32() == 1 && !response.TryGetProperty("reason", out _));
        Assert.Null(relay.Get<AdminBus>().Fault);
    }

    [Fact]
    public async Task Without_Redis_the_answer_says_why_others_were_not_asked_and_then_they_are_asked_again()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using RunningRelay relay = await RunningRelay.StartAsync(Cecelia.Relay.Redis.RedisUrl.For("127.0.0.1", server.Port));
        await using RunningRelay other = await RunningRelay.StartAsync(Cecelia.Relay.Redis.RedisUrl.For("127.0.0.1", server.Port));
        await AskAsync(relay, response => !response.TryGetProperty("reason", out _) && response.GetProperty("answered").GetInt32() == 2);
        await server.StopAsync();

        JsonElement response = await AskAsync(relay, response => response.TryGetProperty("reason", out _));

        Assert.StartsWith("other instances cannot be asked", response.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, response.GetProperty("answered").GetInt32());
        // It was heard of before, and may still serve clients.
        Assert.Equal(1, response.GetProperty("missing").GetArrayLength());

        await server.RestartAsync();
        await AskAsync(relay, response => !response.TryGetProperty("reason", out _) && response.GetProperty("answered").GetInt32() == 2);
        (relay.ExpectsErrors, other.ExpectsErrors) = (true, true);
    }

    [Fact]
    public async Task Refused_channels_are_logged_once_and_the_answer_says_so()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await server.CommandAsync("ACL", "SETUSER", "default", "resetchannels", "&cecelia:events", "&cecelia:events:*", "&cecelia:relay:probe:*");
        await using RunningRelay relay = await RunningRelay.StartAsync(Cecelia.Relay.Redis.RedisUrl.For("127.0.0.1", server.Port));

        JsonElement response = await AskAsync(
            relay, response => response.TryGetProperty("reason", out JsonElement reason) && reason.GetString()!.Contains("NOPERM", StringComparison.Ordinal));

        Assert.Equal(1, response.GetProperty("answered").GetInt32());
        Assert.Single(relay.Logs.Lines, line => line.Id.Id == EventIds.RedisAdminRefused);
    }

    [Fact]
    public void Answer_in_parts_is_joined_in_any_order_and_one_that_is_not_json_is_reported()
    {
        var collector = new AdminCollector();
        collector.Add("a", 1, 2, ":1}"u8.ToArray());
        collector.Add("a", 1, 2, "xxx"u8.ToArray());
        collector.Add("b", 0, 1, "no"u8.ToArray());
        collector.Add("a", 0, 2, "{\"n\""u8.ToArray());

        Assert.Equal("{\"n\":1}", System.Text.Encoding.UTF8.GetString(collector.Answers["a"].Span));
        Assert.Equal("the answer of b cannot be read", collector.Fault);
        Assert.Single(collector.Answers);
    }

    [Fact]
    public void Parts_of_an_answer_that_is_too_large_are_not_kept()
    {
        var collector = new AdminCollector();
        for (int i = 0; i < 200; i++) collector.Add($"i{i}", 0, 2, new byte[AdminCollector.PartBytes]);

        Assert.Contains("too large", collector.Fault, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> AskAsync(RunningRelay relay, Func<JsonElement, bool> isExpected)
    {
        JsonElement response = default;
        await Eventually.TrueAsync(
            async () =>
            {
                response = await relay.GetJsonAsync("/api/v1/events/nothing/trace");
                Contract.Holds("TraceResponse", response.GetRawText());
                return isExpected(response);
            },
            describe: () => response.ToString());
        return response;
    }
}
