using Cecelia.Relay.State;

namespace Cecelia.Relay.Tests.State;

public class EntitySetTests
{
    /// <summary>A group without members would stay for ever: executions come and go by the million.</summary>
    [Fact]
    public void Execution_is_forgotten_with_the_last_that_belonged_to_it()
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
    public void Bound_that_holds_nothing_or_no_copy_could_hold_is_refused(int entities, long bytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new EntitySet(entities, bytes));
}
