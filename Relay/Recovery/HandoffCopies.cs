using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Recovery;

/// <summary>Reason why a copy for another instance was not made or not stored. Closed.</summary>
internal enum HandoffFailure
{
    /// <summary>There was not enough memory for it.</summary>
    Memory,

    /// <summary>It is larger, compressed, than <see cref="RecoveryOptions.HandoffBytes"/>.</summary>
    TooLarge,

    /// <summary>Other copies are being written and use the memory that is available for copies.</summary>
    Busy,

    /// <summary>Redis did not store it.</summary>
    Redis,

    /// <summary>An unexpected exception.</summary>
    Fault,
}

/// <summary>A failure of the last attempt to make or store a copy.</summary>
/// <param name="Failure">The kind of failure.</param>
/// <param name="Reason">The reason in plain words.</param>
/// <param name="Since">The time of the first failure since the last success.</param>
internal sealed record HandoffTrouble(HandoffFailure Failure, string Reason, DateTimeOffset Since);

/// <summary>Counts the copies for other instances that failed, and holds the failure until a copy succeeds. Thread-safe.</summary>
internal sealed class HandoffCopies(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly ReasonLog _log = new(time);
    private readonly long[] _counts = new long[HandoffFailures.All.Count];
    private volatile HandoffTrouble? _trouble;

    /// <summary>The failure; null if the last attempt succeeded or there was none.</summary>
    public HandoffTrouble? Trouble => _trouble;

    public long Count(HandoffFailure failure) => Volatile.Read(ref _counts[(int)failure]);

    /// <summary>Records a failure. Returns true if it should be logged: once per kind of failure in half a minute.</summary>
    public bool Fail(HandoffFailure failure, string reason)
    {
        Interlocked.Increment(ref _counts[(int)failure]);
        lock (_gate)
        {
            _trouble = new HandoffTrouble(failure, reason, _trouble?.Since ?? time.GetUtcNow());
            return _log.MayLog(failure.ToWireName());
        }
    }

    /// <summary>Records a success.</summary>
    public void Succeed()
    {
        lock (_gate) _trouble = null;
    }
}

/// <summary>The name of each failure in metrics.</summary>
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
