using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Redis;

/// <summary>Why a copy for another instance was not made or not stored. Closed.</summary>
internal enum HandoffFailure
{
    /// <summary>Memory for it could not be had.</summary>
    Memory,

    /// <summary>Larger, compressed, than <see cref="RecoveryOptions.HandoffBytes"/>.</summary>
    TooLarge,

    /// <summary>Other copies are being written, and hold what memory there is for copies.</summary>
    Busy,

    /// <summary>Redis did not take it.</summary>
    Redis,

    /// <summary>An unexpected exception.</summary>
    Fault,
}

/// <summary>The last turn failed.</summary>
/// <param name="Failure">Why.</param>
/// <param name="Reason">In plain words.</param>
/// <param name="Since">When the first turn failed after the last one that succeeded.</param>
internal sealed record HandoffTrouble(HandoffFailure Failure, string Reason, DateTimeOffset Since);

/// <summary>Counts the copies for other instances that failed, and keeps what is wrong until one succeeds. Thread-safe.</summary>
internal sealed class HandoffCopies(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly ReasonLog _log = new(time);
    private readonly long[] _counts = new long[HandoffFailures.All.Count];
    private volatile HandoffTrouble? _trouble;

    /// <summary>What is wrong; null when the last turn succeeded, or there was none.</summary>
    public HandoffTrouble? Trouble => _trouble;

    public long Count(HandoffFailure failure) => Volatile.Read(ref _counts[(int)failure]);

    /// <summary>Returns whether it may be logged: not again for the same kind of failure within half a minute.</summary>
    public bool Fail(HandoffFailure failure, string reason)
    {
        Interlocked.Increment(ref _counts[(int)failure]);
        lock (_gate)
        {
            _trouble = new HandoffTrouble(failure, reason, _trouble?.Since ?? time.GetUtcNow());
            return _log.MayLog(failure.ToWireName());
        }
    }

    public void Succeed()
    {
        lock (_gate) _trouble = null;
    }
}

/// <summary>The word for each failure, for metrics.</summary>
internal static class HandoffFailures
{
    public static IReadOnlyList<HandoffFailure> All { get; } = Enum.GetValues<HandoffFailure>();

    public static string ToWireName(this HandoffFailure failure) => failure switch
    {
        HandoffFailure.Memory => "memory",
        HandoffFailure.TooLarge => "too_large",
        HandoffFailure.Busy => "busy",
        HandoffFailure.Redis => "redis",
        _ => "fault",
    };
}
