using System.Text.Json;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Tests.State;

/// <summary>PROTOCOL.md, <i>Silent work</i>: running tasks and executions without a recent event, derived when the state is read.</summary>
public class SilentWorkTests
{
    private const long AfterMs = 600_000;

    [Fact]
    public void Running_task_is_silent_from_the_limit_on_and_until_its_next_event()
    {
        Reduced state = new Reduced().Apply("""{"event":"task:started","data":{"taskId":"t"},"timestamp":"2020-01-01T00:00:00Z"}""");

        Assert.Null(SilentSince(state, EntityKind.Task, "t", Reduced.Start + AfterMs - 1));
        // The time of receipt, not that of the publisher's clock.
        Assert.Equal("2026-02-06T08:30:00.000Z", SilentSince(state, EntityKind.Task, "t", Reduced.Start + AfterMs));

        state.NowMs = Reduced.Start + AfterMs;
        state.Apply("""{"event":"task:progress","data":{"taskId":"t","progress":5},"timestamp":"2020-01-01T00:00:01Z"}""");
        Assert.Null(SilentSince(state, EntityKind.Task, "t", Reduced.Start + AfterMs + 1));
    }

    [Theory]
    [InlineData("running", true)]
    [InlineData("in_progress", true)]
    [InlineData("queued", false)]
    [InlineData("paused", false)]
    [InlineData("completed", false)]
    public void Only_running_statuses_are_silent(string status, bool isSilent)
    {
        Reduced state = new Reduced().Apply($$$"""{"event":"task_updated","data":{"id":"t","status":"{{{status}}}"}}""");

        Assert.Equal(isSilent, SilentSince(state, EntityKind.Task, "t", state.NowMs + AfterMs) is not null);
        Assert.Equal((isSilent ? 1 : 0, 0), state.Table.CountSilent(state.NowMs + AfterMs));
    }

    [Fact]
    public void Execution_is_silent_only_if_its_nodes_and_tasks_are_too()
    {
        Reduced state = new Reduced().Apply("""{"event":"status","execution_id":"e","data":{"status":"running"}}""");
        state.NowMs = Reduced.Start + 60_000;
        state.Apply("""{"event":"token_stream","execution_id":"e","node_id":"n","data":{"token":"x"}}""");

        Assert.Null(SilentSince(state, EntityKind.Execution, "e", Reduced.Start + AfterMs));
        Assert.Equal((0, 0), state.Table.CountSilent(Reduced.Start + AfterMs));
        Assert.Equal("2026-02-06T08:31:00.000Z", SilentSince(state, EntityKind.Execution, "e", Reduced.Start + 60_000 + AfterMs));
        Assert.Equal((0, 1), state.Table.CountSilent(Reduced.Start + 60_000 + AfterMs));
    }

    [Fact]
    public void Zero_disables_silence()
    {
        Reduced state = new Reduced(new StateOptions { SilentAfter = TimeSpan.Zero }).Apply("""{"event":"task:started","data":{"taskId":"t"}}""");

        Assert.Null(SilentSince(state, EntityKind.Task, "t", state.NowMs + (1000 * AfterMs)));
        Assert.Equal((0, 0), state.Table.CountSilent(state.NowMs + (1000 * AfterMs)));
    }

    [Fact]
    public void Handoff_has_no_silence_and_the_loaded_state_has_the_same()
    {
        Reduced before = new Reduced().Apply(
            """{"event":"task:started","data":{"taskId":"t"}}""",
            """{"event":"status","execution_id":"e","data":{"status":"running"}}""",
            """{"event":"node_state_change","execution_id":"e","node_id":"n","data":{"status":"running"}}""");
        before.Table.NoteGap();
        var after = new Reduced();
        after.Load(before.Handoff());

        long nowMs = before.NowMs + AfterMs;
        Assert.DoesNotContain(before.Texts(), text => text.Contains("silent", StringComparison.Ordinal));
        foreach ((EntityKind kind, string id, string since) in ((EntityKind, string, string)[])
            [(EntityKind.Task, "t", "2026-02-06T08:30:00.000Z"), (EntityKind.Execution, "e", "2026-02-06T08:30:02.000Z")])
        {
            Assert.Equal(since, SilentSince(before, kind, id, nowMs));
            Assert.Equal(since, SilentSince(after, kind, id, nowMs));
        }

        Assert.Equal((1, 1), after.Table.CountSilent(nowMs));
    }

    /// <summary>Returns the field of the entity, which must be the same in a copy of the whole state and in one of the entity.</summary>
    private static string? SilentSince(Reduced state, EntityKind kind, string id, long nowMs)
    {
        using var one = new StateCopy();
        using var all = new StateCopy();
        Assert.True(state.Table.TryCopy(kind, System.Text.Encoding.UTF8.GetBytes(id), one, nowMs: nowMs));
        state.Table.CopyTo(all, StateSelection.All, nowMs);
        string json = Events.Decoding.Text(one[0]);
        Assert.Contains(json, Enumerable.Range(0, all.Count).Select(i => Events.Decoding.Text(all[i])));
        return Reduced.Parse(json).TryGetProperty("silent_since", out JsonElement since) ? since.GetString() : null;
    }
}
