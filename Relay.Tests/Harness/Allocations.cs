namespace Cecelia.Relay.Tests.Harness;

/// <summary>
/// Asserts that an action allocates nothing once it is warm. The runtime occasionally allocates while it recompiles a hot method, so one clean round out of
/// several is enough.
/// </summary>
internal static class Allocations
{
    private const int Rounds = 10;

    /// <param name="round">Repeats the action often enough that anything it does occasionally happens in each round.</param>
    public static void AssertNone(Action round)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Rounds && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
