using System.Text;
using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Hosting;
using Cecelia.Relay.Ingest;

namespace Cecelia.Relay.Tests.Delivery;

/// <summary>PROTOCOL.md, <i>Slow clients</i>: streamed text that a client was too slow for is sent merged, without duplicates or omissions.</summary>
[Collection(SerialTests.Name)]
public sealed class CoalescedTokenTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const int SmallBuffer = 8 * 1024;
    private const int BatchTokens = 100;

    // A surrogate pair that the publisher split, an escape, and a character of three bytes.
    private static readonly string[] SplitPieces = ["\\ud83d", "\\ude00", "\\n", "字"];
    private static readonly string[] CompletePieces = ["a", "b", "\\n", "字"];

    private static readonly string Padding = new('x', 300);
    private string[] _pieces = SplitPieces;

    [Theory]
    [InlineData("", "event")]
    [InlineData("?format=tasktree", "type")]
    public async Task Slow_client_receives_missed_text_merged_per_node(string query, string member)
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, options => Small(options));
        (Dictionary<string, string> received, List<JsonElement> merged, int published) = await LagAsync(relay, query, member);

        string[] nodes = ["n0", "n1", "n2"];
        Assert.Equal(nodes.ToDictionary(node => node, node => TextOf(node, published)), received);
        Assert.Equal(nodes, merged.Select(message => message.GetProperty("node_id").GetString()!).Distinct().Order());
        Assert.All(merged, message =>
        {
            JsonElement data = message.GetProperty("data");
            Assert.True(data.GetProperty("merged").GetInt32() >= 1);
            Assert.False(data.TryGetProperty("truncated", out _));
            Assert.True(data.TryGetProperty("index", out _));
        });
    }

    [Fact]
    public async Task Truncated_text_is_marked()
    {
        // Truncation may split a character if its publisher sent it in two halves.
        _pieces = CompletePieces;
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => Small(options) with { Journal = options.Journal with { Events = 64 } });
        (Dictionary<string, string> received, List<JsonElement> merged, int published) = await LagAsync(relay, "", "event");

        Assert.Contains(merged, message => message.GetProperty("data").TryGetProperty("truncated", out JsonElement truncated) && truncated.GetBoolean());
        foreach (JsonElement message in merged)
        {
            string node = message.GetProperty("node_id").GetString()!;
            Assert.Contains(message.GetProperty("data").GetProperty("content").GetString()!, TextOf(node, published), StringComparison.Ordinal);
            Assert.True(received[node].Length < TextOf(node, published).Length);
        }
    }

    private string TextOf(string node, int published)
    {
        var text = new StringBuilder();
        for (int i = 0; i < published; i++)
        {
            if (NodeOf(i) == node) text.Append(JsonDocument.Parse($"\"{PieceOf(i)}\"").RootElement.GetRawText().AsSpan()[1..^1]);
        }

        return JsonDocument.Parse($"\"{text}\"").RootElement.GetString()!;
    }

    private static string NodeOf(int i) => $"n{i / 5 % 3}";

    private string PieceOf(int i) => i % 5 == 4 ? $"{i} {Padding}" : _pieces[i % 5];

    /// <summary>
    /// Runs a client that reads nothing until its offset has been evicted, and then everything. Returns the text that it received for each node, and the
    /// merged messages.
    /// </summary>
    private async Task<(
        Dictionary<string, string> Received,
        List<JsonElement> Merged,
        int Published)> LagAsync(RunningRelay relay, string query, string member)
    {
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using RawClient slow = await RawClient.ConnectAsync(relay.Port, SmallBuffer);
        Assert.Equal(101, (await slow.RequestAsync(RawClient.UpgradeRequest().Replace("/ws ", $"/ws{query} ", StringComparison.Ordinal))).Status);
        int published = 0;
        async Task PublishAsync()
        {
            await publisher.PublishAsync(
                Enumerable.Range(published, BatchTokens).Select(
                    i => $$"""{"event":"token_stream","data":{"index":{{i}},"content":"{{PieceOf(i)}}"},"node_id":"{{NodeOf(i)}}"}"""));
            published += BatchTokens;
        }

        // More than the outbound buffer and the sockets hold together, and for one node less than is kept of its text.
        for (int i = 0; i < 20; i++) await PublishAsync();
        // If it read any sooner, a client could keep up with a relay that is slow itself.
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Accepted == published, TestTimeouts.Default);
        var raw = new Dictionary<string, StringBuilder>();
        var merged = new List<JsonElement>();
        while (true)
        {
            string text = (await slow.ReadMessageAsync()).Text;
            JsonElement message = JsonDocument.Parse(text).RootElement;
            string name = message.GetProperty(member).GetString()!;
            // Sent again to a client that skips it.
            if (text.Contains("the-end", StringComparison.Ordinal)) break;
            if (name != "token_stream") continue;
            string content = message.GetProperty("data").GetProperty("content").GetRawText();
            if (!raw.TryGetValue(message.GetProperty("node_id").GetString()!, out StringBuilder? sofar))
            {
                raw[message.GetProperty("node_id").GetString()!] = sofar = new StringBuilder();
            }

            sofar.Append(content.AsSpan()[1..^1]);
            if (!message.GetProperty("data").TryGetProperty("merged", out _)) continue;
            merged.Add(message);
            if (merged.Count == 1) await publisher.PublishAsync("""{"event":"task:completed","data":{"taskId":"the-end"}}""");
        }

        Assert.True(relay.Get<PumpSet>().Missed > 0);
        return (raw.ToDictionary(one => one.Key, one => JsonDocument.Parse($"\"{one.Value}\"").RootElement.GetString()!), merged, published);
    }

    private static RelayOptions Small(RelayOptions options) => options with
    {
        Fanout = options.Fanout with { BufferBytes = 64 * 1024, SendBufferBytes = SmallBuffer },
        Connections = options.Connections with { PingInterval = TimeSpan.Zero },
    };
}
