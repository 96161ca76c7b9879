using System.Text;
using System.Text.Json;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Tests.State;

/// <summary>Nodes of workflows, and the text that they stream.</summary>
public class NodeStateTests
{
    [Theory]
    [InlineData("""{"event":"node_state_change","data":{"status":"running"},"node_id":"n1"}""")]
    [InlineData("""{"event":"node_state_change","data":{"state":"running"},"node_id":"n1"}""")]
    [InlineData("""{"event":"node_state_change","data":{"node_id":"n1","status":"running"}}""")]
    public void Node_has_the_status_of_its_last_change(string payload)
    {
        JsonElement node = Assert.Single(new Reduced().Apply(payload).Of(EntityKind.Node));
        Assert.Equal(("n1", "running"), (node.GetProperty("id").GetString(), node.GetProperty("status").GetString()));
    }

    [Theory]
    [InlineData("node_ids", """["a","b",3]""")]
    [InlineData("nodes", """["a",{"id":"b"},{"node_id":"3","id":"x"}]""")]
    [InlineData("branches", """ [ "a" , null , "b" , [] , "3" ] """)]
    public void Parallel_start_sets_each_named_node_running(string field, string nodes)
    {
        Reduced state = new Reduced().Apply($$$"""{"event":"node:parallel_start","execution_id":"e","data":{"{{{field}}}":{{{nodes}}}},"node_id":"fork"}""");
        JsonElement[] all = state.Of(EntityKind.Node);
        Assert.Equal("3,a,b,fork", string.Join(',', all.Select(node => node.GetProperty("id").GetString()).Order(StringComparer.Ordinal)));
        Assert.All(all, node => Assert.Equal(("running", "e"), (node.GetProperty("status").GetString(), node.GetProperty("execution_id").GetString())));
    }

    [Fact]
    public void Node_has_its_start_and_end_times_and_a_restart_clears_the_earlier_ones()
    {
        Reduced state = new Reduced().Apply(
            """{"event":"node_state_change","data":{"status":"pending"},"node_id":"n","timestamp":"2026-02-06T08:30:00Z"}""",
            """{"event":"token_stream","data":{"token":"x"},"node_id":"n","timestamp":"2026-02-06T08:30:01Z"}""",
            """{"event":"node_state_change","data":{"status":"running"},"node_id":"n","timestamp":"2026-02-06T08:30:02Z"}""",
            """{"event":"node_state_change","data":{"status":"completed"},"node_id":"n","timestamp":"2026-02-06T08:30:03Z"}""",
            """{"event":"token_usage","data":{"total_tokens":3},"node_id":"n","timestamp":"2026-02-06T08:30:04Z"}""");
        Assert.Equal(("2026-02-06T08:30:01Z", "2026-02-06T08:30:03Z"), Times(Assert.Single(state.Of(EntityKind.Node))));

        state.Apply("""{"event":"node_state_change","data":{"status":"in_progress"},"node_id":"n","timestamp":"2026-02-06T08:30:05Z"}""");
        Assert.Equal(("2026-02-06T08:30:05Z", null), Times(Assert.Single(state.Of(EntityKind.Node))));

        static (string?, string?) Times(JsonElement node) =>
            (node.GetProperty("started").GetString(), node.TryGetProperty("ended", out JsonElement ended) ? ended.GetString() : null);
    }

    [Fact]
    public void Nodes_are_ordered_by_first_appearance_and_nodes_started_together_share_an_order()
    {
        Reduced state = new Reduced().Apply(
            State("e", "a", "running"), State("f", "x", "running"), State("e", "b", "pending"), State("e", "c", "pending"), State("e", "d", "pending"),
            """{"event":"node:parallel_start","execution_id":"e","data":{"node_ids":["c","b","new","a"]}}""",
            State("e", "d", "running"), State("e", "b", "completed"), State("e", "z", "running"));

        Assert.Equal("a1 b2 c2 d4 new2 z5", Orders(state, "e"));
        Assert.Equal("x1", Orders(state, "f"));

        var loaded = new Reduced();
        loaded.Load(state.Handoff());
        loaded.Apply(State("e", "y", "running"));
        Assert.Equal("a1 b2 c2 d4 new2 y6 z5", Orders(loaded, "e"));

        static string State(string execution, string node, string status) =>
            $$$"""{"event":"node_state_change","execution_id":"{{{execution}}}","data":{"status":"{{{status}}}"},"node_id":"{{{node}}}"}""";

        static string Orders(Reduced state, string execution) => string.Join(' ', state.Of(EntityKind.Node)
            .Where(node => node.GetProperty("execution_id").GetString() == execution)
            .Select(node => node.GetProperty("id").GetString() + node.GetProperty("order").GetInt64()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Same_node_id_in_two_executions_makes_two_nodes()
    {
        Reduced state = new Reduced().Apply(
            """{"event":"node_state_change","execution_id":"e","data":{"status":"running"},"node_id":"n"}""",
            """{"event":"node_state_change","execution_id":"f","data":{"status":"completed"},"node_id":"n"}""",
            """{"event":"node_state_change","data":{"status":"pending"},"node_id":"n"}""");
        Assert.Equal(3, state.Table.Count(EntityKind.Node));
    }

    [Fact]
    public void Error_with_a_node_fails_it_and_a_newer_start_clears_it()
    {
        Reduced state = new Reduced().Apply("""{"event":"error","data":{"error":"no \"key\""},"node_id":"n"}""");
        JsonElement node = Assert.Single(state.Of(EntityKind.Node));
        Assert.Equal(("failed", "no \"key\""), (node.GetProperty("status").GetString(), node.GetProperty("error").GetString()));

        node = Assert.Single(state.Apply("""{"event":"node_state_change","data":{"status":"running"},"node_id":"n"}""").Of(EntityKind.Node));
        Assert.Equal("running", node.GetProperty("status").GetString());
        Assert.False(node.TryGetProperty("error", out _));
    }

    [Fact]
    public void Token_usage_of_a_node_is_merged()
    {
        Reduced state = new Reduced().Apply(
            """{"event":"token_usage","data":{"input":1,"output":2},"node_id":"n"}""", """{"event":"token_usage","data":{"output":3},"node_id":"n"}""");
        Assert.Equal("""{"input":1,"output":3}""", Assert.Single(state.Of(EntityKind.Node)).GetProperty("usage").GetRawText());
        Assert.Equal(0, state.Table.Count(EntityKind.Execution));
    }

    [Theory]
    [InlineData("""{"token":"ab"}""")]
    [InlineData("""{"chunk":"x","content":"ab"}""")]
    [InlineData("""{"content":null,"chunk":"ab"}""")]
    [InlineData("""{"text":"ab","token":5}""")]
    [InlineData("""{"delta":"ab","node":"n"}""")]
    public void Text_is_the_first_of_the_known_fields(string data)
    {
        Reduced state = new Reduced().Apply($$"""{"event":"token_stream","data":{{data}},"node_id":"n"}""");
        Assert.Equal("ab", Assert.Single(state.Of(EntityKind.Node)).GetProperty("text").GetString());
    }

    [Fact]
    public void Text_within_the_bound_is_complete()
    {
        Reduced state = new Reduced(new StateOptions { MaxTextBytes = 16 });
        foreach (string token in (string[])["Hel", "lo\\n", "\\\"", "é", "🚀"]) state.Apply(Token(token));
        JsonElement node = Assert.Single(state.Of(EntityKind.Node));
        Assert.Equal("Hello\n\"é🚀", node.GetProperty("text").GetString());
        Assert.Equal(15, node.GetProperty("text_bytes").GetInt32());
        Assert.False(node.TryGetProperty("truncated", out _));
    }

    /// <summary>Streams random tokens of every kind with every small bound. The kept text is always a tail of whole characters of what was sent.</summary>
    [Fact]
    public void Text_beyond_the_bound_is_truncated_between_characters()
    {
        const int Seed = 5221;
        var random = new Random(Seed);
        string[] pieces = ["a", "é", "执", "🚀", "\\n", "\\\\", "\\\"", "\\u0041", "\\u00e9", "\\ud83d\\ude80", "\\uD83D\\uDE80", "\\\\n", "u", "\\\\u0041"];
        for (int max = 0; max < 80; max++)
        {
            var state = new Reduced(new StateOptions { MaxTextBytes = max });
            var whole = new StringBuilder();
            int bytes = 0;
            for (int i = 0; i < 60; i++)
            {
                string token = string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => pieces[random.Next(pieces.Length)]));
                whole.Append(Reduced.Parse($"\"{token}\"").GetString());
                bytes += Encoding.UTF8.GetByteCount(token);
                JsonElement node = Assert.Single(state.Apply(Token(token)).Of(EntityKind.Node));

                // GetString throws on half a surrogate pair, and parsing on half an escape.
                string text = node.GetProperty("text").GetString()!;
                Assert.True(whole.ToString().EndsWith(text, StringComparison.Ordinal), $"seed {Seed}, bound {max}: {text} is not a tail of {whole}");
                Assert.DoesNotContain('\uFFFD', text);
                int kept = Encoding.UTF8.GetByteCount(node.GetProperty("text").GetRawText()) - 2;
                Assert.InRange(kept, bytes <= max ? bytes : Math.Max(0, (max / 4 * 3) - 11), max);
                Assert.Equal(bytes, node.GetProperty("text_bytes").GetInt32());
                Assert.Equal(bytes > max, node.TryGetProperty("truncated", out _));
            }
        }
    }

    private static string Token(string written) => $$$"""{"event":"token_stream","data":{"token":"{{{written}}}"},"node_id":"n"}""";
}
