using System.Text;
using System.Text.Json;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Tests.State;

/// <summary>A state that was handed over is the state: it goes on as if it had never moved.</summary>
public class HandoffTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static readonly string[] Written = [.. new Reduced().Apply(
        """{"event":"task:started","project_id":"p","execution_id":"e","source":"s","seq":4,"data":{"taskId":"t"},"timestamp":"2026-02-06T08:30:00Z"}""",
        """{"event":"token_stream","execution_id":"e","node_id":"n","data":{"token":"x"}}""").Texts()];

    /// <summary>Random events, a handoff, more random events on both: nothing tells the two apart, bounds and order of eviction included.</summary>
    [Fact]
    public void Table_that_was_loaded_goes_on_as_the_one_that_was_copied()
    {
        int first = Random.Shared.Next();
        for (int seed = first; seed < first + 300; seed++)
        {
            var random = new Random(seed);
            var events = new RandomEvents(random);
            var options = new StateOptions
            {
                MaxEntities = random.Next(3) == 0 ? 10 : 1000,
                MaxBytes = random.Next(3) == 0 ? 12_000 : 10_000_000,
                MaxChanges = random.Next(6),
                MaxTextBytes = random.Next(100),
            };
            var original = new Reduced(options);
            for (int i = random.Next(120); i > 0; i--) original.Apply(events.Next());

            var loaded = new Reduced(options) { NowMs = original.NowMs };
            loaded.Load(original.Handoff());
            AssertSame(original, loaded, seed);
            for (int i = random.Next(120); i > 0; i--)
            {
                string payload = events.Next();
                long stale = original.Table.Stale - loaded.Table.Stale;
                original.Apply(payload);
                loaded.Apply(payload);
                Assert.True(stale == original.Table.Stale - loaded.Table.Stale, $"seed {seed}: stale for one only: {payload}");
                if (random.Next(20) == 0)
                {
                    original.Table.Trim(original.NowMs + 3_590_000);
                    loaded.Table.Trim(loaded.NowMs + 3_590_000);
                }
            }

            AssertSame(original, loaded, seed);
        }
    }

    [Fact]
    public void Load_takes_a_handoff_that_was_written_with_white_space()
    {
        Reduced state = new Reduced().Apply(new RandomEvents(new Random(1)).Many(100));
        var loaded = new Reduced { NowMs = state.NowMs };
        loaded.Load(JsonSerializer.SerializeToUtf8Bytes(JsonDocument.Parse(state.Handoff()), Indented));

        string[] further = new RandomEvents(new Random(2)).Many(100);
        state.Apply(further);
        loaded.Apply(further);
        foreach ((string one, string other) in state.Texts().Zip(loaded.Texts())) Assert.True(JsonElement.DeepEquals(Reduced.Parse(one), Reduced.Parse(other)), $"{one}\n{other}");
        Assert.Equal(state.Table.Total, loaded.Table.Total);
    }

    [Fact]
    public void Load_of_an_empty_state_is_empty()
    {
        var loaded = new Reduced();
        loaded.Load(new Reduced().Handoff());
        Assert.Equal(0, loaded.Table.Total);
    }

    [Fact]
    public void Load_into_a_table_that_has_something_is_a_bug()
    {
        Reduced state = new Reduced().Apply("""{"event":"task:started","data":{"taskId":"t"}}""");
        Assert.Throws<InvalidOperationException>(() => state.Load(state.Handoff()));
    }

    [Fact]
    public void Load_holds_the_bounds_of_its_own_table()
    {
        var state = new Reduced();
        for (int i = 0; i < 20; i++) state.Apply($$$"""{"event":"task:started","data":{"taskId":"t{{{i}}}"}}""");
        var loaded = new Reduced(new StateOptions { MaxEntities = 5 });
        loaded.Load(state.Handoff());
        Assert.Equal((5, 15), (loaded.Table.Total, loaded.Table.Evicted));
        Assert.True(loaded.Has(EntityKind.Task, "t19"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("[{}]")]
    [InlineData("""[{"tasks":1}]""")]
    [InlineData("""[{"things":{"id":"a"}}]""")]
    [InlineData("""[TASK,TASK]""")]
    [InlineData("""[TASK,{"tasks":{}}]""")]
    [InlineData("""[TASK,{"tasks":{"id":5,"timestamp":"2026-02-06T08:30:00Z","received":"2026-02-06T08:30:00Z"}}]""")]
    [InlineData("""[TASK,{"tasks":{"id":"a","received":"2026-02-06T08:30:00Z"}}]""")]
    [InlineData("""[TASK,{"tasks":{"id":"a","timestamp":"then","received":"2026-02-06T08:30:00Z"}}]""")]
    [InlineData("""[TASK,{"tasks":{"id":"a","seq":-1,"timestamp":"2026-02-06T08:30:00Z","received":"2026-02-06T08:30:00Z"}}]""")]
    [InlineData("""[TASK,{"tasks":{"id":"a","data":[],"timestamp":"2026-02-06T08:30:00Z","received":"2026-02-06T08:30:00Z"}}]""")]
    [InlineData("""[TASK,{"tasks":{"id":"a","changes":{},"timestamp":"2026-02-06T08:30:00Z","received":"2026-02-06T08:30:00Z"}}]""")]
    [InlineData("""[TASK,{"tasks":{"id":"a","status":3,"timestamp":"2026-02-06T08:30:00Z","received":"2026-02-06T08:30:00Z"}}]""")]
    [InlineData("""[TASK,{"tasks":{"id":"a","timestamp":"2026-02-06T08:30:00Z","received":"2026-02-06T08:30:00Z","id":"b"}}]""")]
    [InlineData("""[TASK,{"tasks":{"id":"a","timestamp":"2026-02-06T08:30:00Z","received":"2026-02-06T08:30:00Z"},"x":1}]""")]
    public void Load_of_anything_else_is_refused_and_leaves_the_table_empty(string json)
    {
        var state = new Reduced();
        byte[] bytes = Encoding.UTF8.GetBytes(json.Replace("TASK", """{"tasks":""" + Written[0] + "}", StringComparison.Ordinal));
        Assert.Throws<StateUnreadableException>(() => state.Load(bytes));
        Assert.Equal((0, 0), (state.Table.Total, state.Table.Bytes));
    }

    /// <summary>Bytes of a real handoff flipped and cut at random: loaded or refused, never anything else, and what is loaded can be worked with.</summary>
    [Fact]
    public void Load_of_mutants_is_all_or_nothing()
    {
        const int Seed = 5221;
        var random = new Random(Seed);
        byte[] handoff = new Reduced().Apply(new RandomEvents(random).Many(60)).Handoff();
        int loadedCount = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] mutant = [.. handoff];
            for (int n = random.Next(1, 4); n > 0; n--) mutant[random.Next(mutant.Length)] = "{}[]\",:\\u0123eE+-. \tabx"u8[random.Next(23)];
            var state = new Reduced();
            try
            {
                state.Load(mutant);
                loadedCount++;
            }
            catch (StateUnreadableException)
            {
                Assert.Equal(0, state.Table.Total);
                continue;
            }

            state.Apply(new RandomEvents(random).Many(10));
            foreach (string text in state.Texts()) Reduced.Parse(text);
        }

        Assert.InRange(loadedCount, 300, 2900);
    }

    private static void AssertSame(Reduced one, Reduced other, int seed)
    {
        Assert.True(one.Texts().SequenceEqual(other.Texts()), $"seed {seed}:\n{string.Join('\n', one.Texts())}\n\n{string.Join('\n', other.Texts())}");
        Assert.Equal(one.Table.Bytes, other.Table.Bytes);
        foreach (EntityKind kind in Enum.GetValues<EntityKind>()) Assert.Equal(one.Table.Count(kind), other.Table.Count(kind));
    }
}
