namespace Cecelia.Relay.Duties;

/// <summary>
/// The delay before a failed duty starts again: exponential back-off with full jitter, so that instances that failed together do not retry together. Failure
/// <c>n</c> in a row waits a random time of at most 250 ms, 500 ms, 1 s, … 10 s. Not thread-safe.
/// </summary>
internal sealed class DutyRetry
{
    /// <summary>A duty that ran for this long is stable: its next failure counts as the first.</summary>
    public static readonly TimeSpan Stable = TimeSpan.FromSeconds(30);

    /// <summary>The limit of the first delay.</summary>
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);

    /// <summary>The limit of every delay.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private int _failures;

    /// <summary>The upper limit of the delay that <see cref="Next"/> returns next.</summary>
    public TimeSpan Limit => TimeSpan.FromTicks(Math.Min(First.Ticks << Math.Min(_failures, 16), Longest.Ticks));

    /// <summary>Returns the delay after another failure.</summary>
    /// <param name="ran">How long the duty ran before it failed.</param>
    public TimeSpan Next(TimeSpan ran)
    {
        if (ran >= Stable) _failures = 0;
        TimeSpan limit = Limit;
        _failures++;
        // Not cryptography: the jitter only keeps instances apart.
#pragma warning disable CA5394
        return limit * Random.Shared.NextDouble();
#pragma warning restore CA5394
    }
}
