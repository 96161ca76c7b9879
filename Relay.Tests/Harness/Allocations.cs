namespace Cecelia.Relay.Tests.Harness;

/// <summary>Judges that something allocates nothing once it is warm. The runtime allocates now and then while it compiles a hot method anew, whatever that does: so of a few rounds, one must be clean.</summary>
internal static class Allocations
{
    private const int Rounds = 10;

    /// <param name="round">Does it often enough that whatever happens now and then happens in each round.</param>
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
