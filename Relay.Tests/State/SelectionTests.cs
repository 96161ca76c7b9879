using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Tests.State;

/// <summary>Selections of a part of the state.</summary>
public class SelectionTests
{
    private static readonly Reduced State = new Reduced().Apply(
        """{"event":"task:created","project_id":"p1","execution_id":"e1","data":{"taskId":"t1"}}""",
        """{"event":"task:created","project_id":"p1","data":{"taskId":"t2"}}""",
        """{"event":"task:completed","project_id":"p2","execution_id":"e2","data":{"taskId":"t3"}}""",
        """{"event":"task:created","data":{"taskId":"t4"}}""",
        """{"type":"status","execution_id":"e1","project_id":"p1","status":"running"}""",
        """{"event":"node_state_change","execution_id":"e1","node_id":"n1","data":{"status":"running"}}""",
        """{"event":"node_state_change","execution_id":"e2","node_id":"n2","data":{"status":"running"}}""",
        """{"event":"node_state_change","node_id":"n3","data":{"status":"running"}}""",
        """{"event":"executor:status","data":{"activeCount":1}}""",
        """{"type":"agent_spawned","project_id":"p1","data":{"agent_id":"a1"}}""",
        """{"type":"plan_generated","project_id":"p1","data":{}}""");

    [Theory]
    [InlineData("", "", "", (int)EntityKinds.All, ",a1,e1,n1,n2,n3,p1,t1,t2,t3,t4")]
    [InlineData("", "", "", (int)EntityKinds.None, "")]
    [InlineData("", "", "", (int)(EntityKinds.Task | EntityKinds.Agent), "a1,t1,t2,t3,t4")]
    [InlineData("p1", "", "", (int)EntityKinds.All, "a1,e1,p1,t1,t2")]
    [InlineData("p1,p2", "", "", (int)EntityKinds.Task, "t1,t2,t3")]
    [InlineData("", "t1,t3,none", "", (int)EntityKinds.All, "t1,t3")]
    [InlineData("", "t1,t1", "", (int)EntityKinds.All, "t1")]
    [InlineData("p1", "t1,t3", "", (int)EntityKinds.All, "t1")]
    [InlineData("", "t1,t2", "e1", (int)EntityKinds.All, "t1")]
    [InlineData("", "t1,t2", "", (int)EntityKinds.Node, "")]
    [InlineData("", "", "e1", (int)EntityKinds.All, "e1,n1,t1")]
    [InlineData("", "", "e1,e2,e2", (int)EntityKinds.All, "e1,n1,n2,t1,t3")]
    [InlineData("p1", "", "e1", (int)EntityKinds.All, "e1,t1")]
    [InlineData("", "", "e1", (int)(EntityKinds.Node | EntityKinds.Execution), "e1,n1")]
    public void Selection_matches_any_value_of_every_list(string projects, string tasks, string executions, int kinds, string expected)
    {
        var selection = new StateSelection { ProjectIds = List(projects), TaskIds = List(tasks), ExecutionIds = List(executions), Kinds = (EntityKinds)kinds };
        Assert.Equal(
            expected,
            string.Join(',', State.Texts(selection).Select(text => Reduced.Parse(text).GetProperty("id").GetString()).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Entity_that_moves_to_another_project_and_execution_is_found_there()
    {
        Reduced state = new Reduced().Apply(
            """{"event":"task:created","project_id":"p1","execution_id":"e1","data":{"taskId":"t1"}}""",
            """{"event":"task:started","project_id":"p2","execution_id":"e2","data":{"taskId":"t1"}}""");

        Assert.Empty(state.Texts(new StateSelection { ExecutionIds = List("e1") }));
        Assert.Empty(state.Texts(new StateSelection { ProjectIds = List("p1") }));
        Assert.Single(state.Texts(new StateSelection { ProjectIds = List("p2"), ExecutionIds = List("e2") }));
    }

    [Fact]
    public void Deleted_entity_is_not_found_by_its_execution()
    {
        Reduced state = new Reduced().Apply(
            """{"event":"task_created","execution_id":"e1","data":{"taskId":"t1"}}""",
            """{"event":"task_created","execution_id":"e1","data":{"taskId":"t2"}}""",
            """{"event":"task_created","execution_id":"e1","data":{"taskId":"t3"}}""",
            """{"event":"task_deleted","data":{"taskId":"t2"}}""");
        Assert.Equal(2, state.Texts(new StateSelection { ExecutionIds = List("e1") }).Length);
        Assert.Empty(state.Apply("""{"event":"tasks_reset","data":{}}""").Texts(new StateSelection { ExecutionIds = List("e1") }));
    }

    [Fact]
    public void Copy_is_reused_for_the_next_selection()
    {
        using var copy = new StateCopy();
        State.Table.CopyTo(copy, StateSelection.All);
        Assert.Equal(State.Table.Total, copy.Count);
        Assert.False(State.Table.TryCopy(EntityKind.Task, "none"u8, copy));
        Assert.Equal((0, 0), (copy.Count, copy.Length));
        Assert.True(State.Table.TryCopy(EntityKind.Execution, "e1"u8, copy));
        Assert.Equal((1, copy[0].Length), (copy.Count, copy.Length));
    }

    private static ValueSet List(string ids) => ids.Length == 0 ? ValueSet.Empty : new([.. ids.Split(',').Select(Encoding.UTF8.GetBytes)]);
}
