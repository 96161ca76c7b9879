using System.Text;
using System.Text.Json;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.State;
using CsCheck;

namespace Cecelia.Relay.Tests.State;

/// <summary>A state that was handed over behaves as if it had never moved.</summary>
public class EntityReaderTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static readonly string[] Written = [.. new Reduced().Apply(
        """{"event":"task:started","project_id":"p","execution_id":"e","source":"s","seq":4,"data":{"taskId":"t"},"timestamp":"2026-02-06T08:30:00Z"}""",
        """{"event":"token_stream","execution_id":"e","node_id":"n","data":{"token":"x"}}""").Texts()];

    /// <summary>
    /// Applies random events, a handoff, and more random events to both tables. They stay indistinguishable, including bounds and order of eviction.
    /// </summary>
    [Fact]
    public void Loaded_table_behaves_like_the_copied_one()
    {
        Gen<StateOptions> bounds = Gen.Select(
            Gen.Frequency((1, Gen.Const(10)), (2, Gen.Const(1000))),
            Gen.Frequency((1, Gen.Const(12_000)), (2, Gen.Const(10_000_000))),
            Gen.Int[0, 5],
            Gen.Int[0, 99],
            (entities, bytes, changes, text) => new StateOptions { MaxEntities = entities, MaxBytes = bytes, MaxChanges = changes, MaxTextBytes = text });
        Gen<(string Payload, bool Trims)[]> after = Gen.Select(RandomEvents.Any, Gen.Frequency((19, Gen.Const(false)), (1, Gen.Const(true)))).Array[0, 119];
        Gen.Select(bounds, RandomEvents.Many(0, 119), after).Sample(
            (options, before, then) =>
            {
                var original = new Reduced(options);
                original.Apply(before);
                var loaded = new Reduced(options) { NowMs = original.NowMs };
                loaded.Load(original.Handoff());
                AssertSame(original, loaded);
                foreach ((string payload, bool trims) in then)
                {
                    long stale = original.Table.Stale - loaded.Table.Stale;
                    original.Apply(payload);
                    loaded.Apply(payload);
                    Assert.True(stale == original.Table.Stale - loaded.Table.Stale, $"stale for one only: {payload}");
                    if (!trims) continue;
                    original.Table.Trim(original.NowMs + 3_590_000);
                    loaded.Table.Trim(loaded.NowMs + 3_590_000);
                }

                AssertSame(original, loaded);
            },
            iter: TestLength.Times(300));
    }

    [Fact]
    public void Load_accepts_a_handoff_with_white_space()
    {
        Gen.Select(RandomEvents.Many(0, 100), RandomEvents.Many(0, 100)).Sample(
            (before, then) =>
            {
                Reduced state = new Reduced().Apply(before);
                var loaded = new Reduced { NowMs = state.NowMs };
                loaded.Load(JsonSerializer.SerializeToUtf8Bytes(JsonDocument.Parse(state.Handoff()), Indented));

                state.Apply(then);
                loaded.Apply(then);
                foreach ((string one, string other) in state.Texts().Zip(loaded.Texts()))
                {
                    Assert.True(JsonElement.DeepEquals(Reduced.Parse(one), Reduced.Parse(other)), $"{one}\n{other}");
                }

                Assert.Equal(state.Table.Total, loaded.Table.Total);
            },
            iter: TestLength.Times(20));
    }

    [Fact]
    public void Load_of_an_empty_state_is_empty()
    {
        var loaded = new Reduced();
        loaded.Load(new Reduced().Handoff());
        Assert.Equal(0, loaded.Table.Total);
    }

    [Fact]
    public void Load_into_a_table_with_entities_throws()
    {
        Reduced state = new Reduced().Apply("""{"event":"task:started","data":{"taskId":"t"}}""");
        Assert.Throws<InvalidOperationException>(() => state.Load(state.Handoff()));
    }

    [Fact]
    public void Load_enforces_the_bounds_of_its_own_table()
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
    public void Load_of_invalid_input_is_refused_and_leaves_the_table_empty(string json)
    {
        var state = new Reduced();
        byte[] bytes = Encoding.UTF8.GetBytes(json.Replace("TASK", """{"tasks":""" + Written[0] + "}", StringComparison.Ordinal));
        Assert.Throws<StateUnreadableException>(() => state.Load(bytes));
        Assert.Equal((0, 0), (state.Table.Total, state.Table.Bytes));
    }

    /// <summary>Flips and cuts bytes of a real handoff at random. It is loaded or refused, nothing else, and a loaded state is usable.</summary>
    [Fact]
    public void Load_of_mutants_is_all_or_nothing()
    {
        int loaded = 0, refused = 0;
        Gen<(int At, byte Byte)[]> flips = Gen.Select(Gen.Int[0, int.MaxValue], Gen.OneOf("{}[]\",:\\u0123eE+-. \tabx"u8.ToArray())).Array[1, 3];
        Gen.Select(RandomEvents.Many(40, 60), flips.Array[100], RandomEvents.Many(0, 10)).Sample(
            (before, mutations, then) =>
            {
                byte[] handoff = new Reduced().Apply(before).Handoff();
                foreach ((int At, byte Byte)[] mutation in mutations)
                {
                    byte[] mutant = [.. handoff];
                    foreach ((int at, byte one) in mutation) mutant[at % mutant.Length] = one;
                    var state = new Reduced();
                    try
                    {
                        state.Load(mutant);
                    }
                    catch (StateUnreadableException)
                    {
                        Interlocked.Increment(ref refused);
                        Assert.Equal(0, state.Table.Total);
                        continue;
                    }

                    Interlocked.Increment(ref loaded);
                    state.Apply(then);
                    foreach (string text in state.Texts()) Reduced.Parse(text);
                }
            },
            iter: TestLength.Times(30));

        Assert.True(
            loaded > (loaded + refused) / 10 && refused > (loaded + refused) / 30, $"{loaded} loaded and {refused} refused: too few to prove anything");
    }

    private static void AssertSame(Reduced one, Reduced other)
    {
        Assert.True(one.Texts().SequenceEqual(other.Texts()), $"{string.Join('\n', one.Texts())}\n\n{string.Join('\n', other.Texts())}");
        Assert.Equal(one.Table.Bytes, other.Table.Bytes);
        foreach (EntityKind kind in Enum.GetValues<EntityKind>()) Assert.Equal(one.Table.Count(kind), other.Table.Count(kind));
    }
}
