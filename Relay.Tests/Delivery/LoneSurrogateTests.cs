using System.Text.Json;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Recovery;

namespace Cecelia.Relay.Tests.Delivery;

/// <summary>
/// The escape of a lone surrogate is valid JSON, but the framework's accessors of strings and names throw on it. One such event closed the pages of its
/// execution, and each client that fell behind. It is passed on verbatim.
/// </summary>
public sealed class LoneSurrogateTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const string Task = """{"taskId":"t","note":"\ud800","n\udc00":["\ud83d",{"\ude00":1}]}""";
    private const string Node = """{"status":"running","\ud800":"\udfff"}""";
    private const string Plan = """{"\ud800":"\ud800"}""";

    private static readonly string[] Payloads =
    [
        $$"""{"event":"task:progress","data":{{Task}}}""",
        """{"event":"status","execution_id":"e","data":{"status":"running","message":"\ud800"}}""",
        $$"""{"event":"node_state_change","execution_id":"e","node_id":"n","data":{{Node}}}""",
        """{"event":"token_stream","execution_id":"e","node_id":"n","data":{"token":"\ud83d"}}""",
        """{"event":"agent_spawned","project_id":"p","data":{"agent_id":"a","name":"\ud800"}}""",
        $$"""{"event":"plan_generated","project_id":"p","data":{{Plan}}}""",
    ];

    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";

    [Fact]
    public async Task Lone_surrogate_is_delivered_verbatim_by_every_transport()
    {
        await using RunningRelay relay = await StartAsync();
        await using TestClient plain = await relay.ConnectAsync();
        await using TestClient page = await relay.ConnectToAsync("/api/v1/ws/executions/e?include=nodes");
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await publisher.PublishAsync(Payloads, _prefix + "events");

        string[] live = await plain.ReceiveEventsAsync(Payloads.Length);
        Assert.Equal(Payloads.Select(Data), live.Select(Data));
        Assert.Contains("\"message\":\"\\ud800\"", await page.ReceiveAsync(), StringComparison.Ordinal);
        Assert.Equal(Node, Data(await page.ReceiveAsync()));
        Assert.Equal(0, relay.Get<IngestThread>().Count().Refused);

        // An instance that starts later has the same state, by handoff.
        await using RunningRelay next = await StartAsync();
        foreach (string path in (string[])["/api/v1/state", "/api/v1/tasks/t", "/api/v1/executions/e"])
        {
            Assert.Equal(await StateAsync(relay, path), await StateAsync(next, path));
        }

        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(next.WebSocket);
        Dictionary<string, Dictionary<string, JsonElement>> snapshot = await client.ReceiveSnapshotAsync();
        Assert.Contains(Data(Payloads[0])[1..^1].Split(',', 2)[1], snapshot["tasks"]["t"].GetProperty("data").GetRawText(), StringComparison.Ordinal);
        await using TestClient late = await next.ConnectToAsync("/api/v1/ws/executions/e?include=nodes");
        Assert.Equal(Node, Data(await late.ReceiveAsync()));
        Assert.Contains("\"message\":\"\\ud800\"", await late.ReceiveAsync(), StringComparison.Ordinal);
    }

    private static string Data(string message) => JsonDocument.Parse(message).RootElement.GetProperty("data").GetRawText();

    /// <summary>Returns the state without the fields that differ between instances or over time.</summary>
    private static async Task<string> StateAsync(RunningRelay relay, string path)
    {
        string body = (await relay.GetAsync(path)).Body;
        return string.Join(
            '\n',
            JsonDocument.Parse(body).RootElement.EnumerateObject()
                .Where(member => member.Name is not ("relay" or "time" or "link" or "timestamp"))
                .Select(member => member.ToString()));
    }

    private Task<RunningRelay> StartAsync() => RunningRelay.StartAsync(redis.Url, options => options with
    {
        Redis = options.Redis with { ChannelPrefix = _prefix },
        Recovery = new RecoveryOptions(),
    });
}
