namespace Cecelia.Relay.Minutes;

/// <summary>The values of one minute and one series, as indexes into a span of <see cref="Length"/> numbers. All of them can be added up.</summary>
internal static class MinuteValues
{
    /// <summary>Tasks that were created.</summary>
    public const int Created = 0;

    /// <summary>Tasks that got a final status.</summary>
    public const int Ended = 1;

    /// <summary>Of these, those with the status completed or done.</summary>
    public const int Completed = 2;

    /// <summary>Of these, those with the status failed.</summary>
    public const int Failed = 3;

    /// <summary>The first bucket of the run time of tasks that ended.</summary>
    public const int Run = 4;

    /// <summary>The first bucket of the queue time of tasks that started.</summary>
    public const int Queue = Run + MinuteBuckets.Count;

    /// <summary>The first bucket of the time from an event's timestamp to its acceptance.</summary>
    public const int Lag = Queue + MinuteBuckets.Count;

    /// <summary>Number of values.</summary>
    public const int Length = Lag + MinuteBuckets.Count;
}
