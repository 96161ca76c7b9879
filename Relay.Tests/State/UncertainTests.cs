using System.Text.Json;

namespace Cecelia.Relay.Tests.State;

/// <summary>Uncertainty of unfinished entities after a gap.</summary>
public class UncertainTests
{
    private const string Running = """{"event":"task:started","data":{"taskId":"t"},"timestamp":"2026-02-06T08:30:10Z"}""";

    [Fact]
    public void Unfinished_entity_is_uncertain_after_a_gap_and_a_finished_one_is_not()
    {
        Reduced state = new Reduced().Apply(
            Running,
            """{"event":"task:completed","data":{"taskId":"done"}}""",
            """{"event":"executor:status","data":{"activeCount":1,"availableSlots":3}}""",
            """{"event":"node_state_change","execution_id":"e","node_id":"n","data":{"status":"running"}}""");
        Assert.All(state.Texts(), text => Assert.False(IsUncertain(Reduced.Parse(text))));

        state.Table.NoteGap();
        state.Table.NoteGap();

        Assert.True(IsUncertain(state.TaskOf("t")));
        Assert.False(IsUncertain(state.TaskOf("done")));
        Assert.Equal([false, true, true, true], state.Texts().Select(text => IsUncertain(Reduced.Parse(text))));
    }

    [Fact]
    public void Next_event_makes_an_entity_certain_and_a_stale_one_does_not()
    {
        Reduced state = new Reduced().Apply(Running);
        state.Table.NoteGap();

        state.Apply("""{"event":"task:progress","data":{"taskId":"t"},"timestamp":"2026-02-06T08:30:09Z"}""");
        Assert.True(IsUncertain(state.TaskOf("t")));
        state.Apply("""{"event":"task:progress","data":{"taskId":"t"},"timestamp":"2026-02-06T08:30:11Z"}""");
        Assert.False(IsUncertain(state.TaskOf("t")));
        state.Table.NoteGap();
        Assert.True(IsUncertain(state.TaskOf("t")));
    }

    [Fact]
    public void Uncertainty_is_handed_over()
    {
        Reduced before = new Reduced().Apply(Running);
        before.Table.NoteGap();
        before.Apply("""{"event":"task:started","data":{"taskId":"new"}}""");

        var after = new Reduced();
        after.Load(before.Handoff());

        Assert.Equal(before.Texts(), after.Texts());
        Assert.True(IsUncertain(after.TaskOf("t")));
        Assert.False(IsUncertain(after.TaskOf("new")));
        after.Apply("""{"event":"task:progress","data":{"taskId":"t"},"timestamp":"2026-02-06T08:30:11Z"}""");
        Assert.False(IsUncertain(after.TaskOf("t")));
    }

    private static bool IsUncertain(JsonElement entity) => entity.TryGetProperty("uncertain", out JsonElement value) && value.GetBoolean();
}
