namespace Cecelia.Relay.Commands;

/// <summary>The number of commands and replies by outcome, for metrics and status. Thread-safe.</summary>
internal sealed class CommandCounts(CommandQueue queue)
{
    private readonly long[] _commands = new long[CommandOutcomes.All.Count];
    private readonly long[] _replies = new long[ReplyOutcomes.All.Count];

    /// <summary>Commands that wait for Redis.</summary>
    public int Pending => queue.Count;

    /// <summary>Commands with this outcome since the start.</summary>
    public long Count(CommandOutcome outcome) => Volatile.Read(ref _commands[(int)outcome]);

    /// <summary>Replies with this outcome since the start.</summary>
    public long Count(ReplyOutcome outcome) => Volatile.Read(ref _replies[(int)outcome]);

    public void Record(CommandOutcome outcome) => Interlocked.Increment(ref _commands[(int)outcome]);

    public void Record(ReplyOutcome outcome) => Interlocked.Increment(ref _replies[(int)outcome]);
}
