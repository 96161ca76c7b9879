using Cecelia.Relay.State;

namespace Cecelia.Relay.Tests.State;

public class EntitySetTests
{
    /// <summary>Covers a leak: a group without members would never be removed, and there are millions of executions.</summary>
    [Fact]
    public void Execution_group_is_removed_with_its_last_member()
    {
        var set = new EntitySet(10, 10_000);
        Entity one = set.Add(EntityKind.Task, "1"u8), two = set.Add(EntityKind.Task, "2"u8), three = set.Add(EntityKind.Task, "3"u8);
        foreach (Entity entity in (Entity[])[one, two, three]) set.SetExecution(entity, "e"u8);

        set.Remove(two);
        set.SetExecution(one, "f"u8);
        Assert.Same(three, set.FindGroup("e"u8)!.First);
        Assert.Null(three.NextInGroup);
        set.SetExecution(three, []);
        Assert.Null(set.FindGroup("e"u8));
        Assert.Same(one, set.FindGroup("f"u8)!.First);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(1, StateOptions.MaxBytesLimit + 1)]
    public void Bound_of_zero_or_above_the_maximum_is_refused(int entities, long bytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new EntitySet(entities, bytes));
}
