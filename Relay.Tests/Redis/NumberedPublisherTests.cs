using System.Text;
using System.Text.Json;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

public sealed class NumberedPublisherTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Events_have_a_source_and_a_number_and_arrive_in_order()
    {
        await using var harness = new LinkHarness(redis.Url);
        await harness.WaitUntilSubscribedAsync();
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(redis.Url, new PublishedStream("numbered"));
        var numbered = new NumberedPublisher(publisher, "brain");

        var published = new List<Task<long>>();
        for (int i = 1; i <= 500; i++)
        {
            published.Add(numbered.PublishAsync("cecelia:events", Encoding.UTF8.GetBytes($$"""{"event":"x","data":{"n":{{i}} } }""")));
        }

        Assert.All(await Task.WhenAll(published).Within(), receivers => Assert.Equal(1, receivers));
        List<string> arrived = await harness.TakeAsync(500);
        Assert.StartsWith("brain-", numbered.Source, StringComparison.Ordinal);
        Assert.Equal(500, numbered.Last);
        Assert.Equal(
            Enumerable.Range(1, 500).Select(i => $$"""cecelia:events {"source":"{{numbered.Source}}","seq":{{i}},"event":"x","data":{"n":{{i}} } }"""),
            arrived);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData(" \r\n{ \t}")]
    [InlineData("""{ "event":"x" }""")]
    [InlineData("""{"data":{"source":"inner","seq":7,"deep":[{"seq":1}]},"event":"seq"}""")]
    public async Task Any_object_can_be_numbered_and_is_otherwise_unchanged(string envelope)
    {
        await using var harness = new LinkHarness(redis.Url);
        await harness.WaitUntilSubscribedAsync();
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(redis.Url);
        var numbered = new NumberedPublisher(publisher, "w\"ü");

        await numbered.PublishAsync("cecelia:events", Encoding.UTF8.GetBytes(envelope));

        string arrived = (await harness.TakeAsync(1))[0]["cecelia:events ".Length..];
        using var after = JsonDocument.Parse(arrived);
        using var before = JsonDocument.Parse(envelope);
        Assert.Equal(numbered.Source, after.RootElement.GetProperty("source").GetString());
        Assert.Equal(1, after.RootElement.GetProperty("seq").GetInt64());
        Assert.Equal(
            before.RootElement.EnumerateObject().Select(property => property.ToString()),
            after.RootElement.EnumerateObject().Skip(2).Select(property => property.ToString()));
    }

    [Theory]
    [InlineData("""{"seq":1}""", "already")]
    [InlineData("""{"event":"x","data":{},"source":null}""", "already")]
    [InlineData("""{"s\u0065q":1}""", "already")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("""{"event":"x"} x""", "not JSON")]
    [InlineData("""{"event":"x" """, "not JSON")]
    [InlineData("", "not JSON")]
    public async Task Envelope_that_cannot_be_numbered_is_refused_and_uses_no_number(string envelope, string expected)
    {
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(redis.Url);
        var numbered = new NumberedPublisher(publisher, "brain");

        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(() => numbered.PublishAsync("c", Encoding.UTF8.GetBytes(envelope)));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, numbered.Last);
    }

    [Fact]
    public async Task Failed_publication_uses_its_number_so_that_the_loss_is_detected()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(LinkHarness.Parse(server.Url));
        var numbered = new NumberedPublisher(publisher, "brain");
        await server.CommandAsync("ACL", "SETUSER", "default", "-publish");

        await Assert.ThrowsAsync<RedisUnreachableException>(() => numbered.PublishAsync("c", "{}"u8.ToArray()));

        Assert.Equal(1, numbered.Last);
    }

    [Fact]
    public async Task Source_is_different_for_each_run()
    {
        await using RedisPublisher publisher = await RedisPublisher.ConnectAsync(redis.Url);

        Assert.NotEqual(new NumberedPublisher(publisher, "brain").Source, new NumberedPublisher(publisher, "brain").Source);
    }
}
