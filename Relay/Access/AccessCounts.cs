namespace Cecelia.Relay.Access;

/// <summary>Counts refusals by reason. Thread-safe.</summary>
internal sealed class AccessCounts
{
    private readonly long[] _refused = new long[AccessFailures.All.Count];

    /// <summary>Counts a refusal, and returns its reason.</summary>
    public AccessFailure Count(AccessFailure failure)
    {
        Interlocked.Increment(ref _refused[(int)failure]);
        return failure;
    }

    /// <summary>Returns how often access was refused for a reason.</summary>
    public long Refused(AccessFailure failure) => Interlocked.Read(ref _refused[(int)failure]);
}
