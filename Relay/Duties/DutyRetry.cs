namespace Cecelia.Relay.Duties;

/// <summary>
/// Computes the delay before a failed duty is restarted: exponential back-off with full jitter, so that instances that failed together do not retry
/// together. After successive failures the delay is random, up to 250 ms, 500 ms, 1 s, … 10 s. Not thread-safe.
/// </summary>
internal sealed class DutyRetry
{
    /// <summary>Running time after which a duty is considered stable, so that the back-off is reset.</summary>
    public static readonly TimeSpan Stable = TimeSpan.FromSeconds(30);

    /// <summary>Upper limit of the first delay.</summary>
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);

    /// <summary>Upper limit of every delay.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private int _failures;

    /// <summary>Upper limit of the delay that the next call of <see cref="Next"/> returns.</summary>
    public TimeSpan Limit => TimeSpan.FromTicks(Math.Min(First.Ticks << Math.Min(_failures, 16), Longest.Ticks));

    /// <summary>Returns the delay after a failure.</summary>
    /// <param name="ran">Running time of the duty before the failure.</param>
    public TimeSpan Next(TimeSpan ran)
    {
        if (ran >= Stable) _failures = 0;
        TimeSpan limit = Limit;
        _failures++;
        // Not used for cryptography: the jitter only spreads the retries of instances.
#pragma warning disable CA5394
        return limit * Random.Shared.NextDouble();
#pragma warning restore CA5394
    }
}
