using Cecelia.Relay.Journal;
using Cecelia.Relay.Minutes;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>A copy of journal and entity state at one point of the stream.</summary>
/// <param name="AtMs">The time up to which nothing is missing, in Unix milliseconds.</param>
/// <param name="Journal">The newest part of the journal.</param>
/// <param name="State">The whole entity state; disposed with the checkpoint.</param>
/// <param name="Minutes">The minutes.</param>
internal sealed record TimelineCheckpoint(long AtMs, JournalTail Journal, StateCopy State, MinuteCopy Minutes) : IDisposable
{
    /// <summary>Bytes of memory that the copy took when it was made.</summary>
    public long HeldBytes { get; } = State.HeldBytes + Journal.Payloads.Length;

    /// <summary>The position of the newest entry; the default value if the part is empty.</summary>
    public StreamPosition Position => Journal.Entries.Length > 0 ? Journal.Entries[^1].Position : default;

    public void Dispose() => State.Dispose();
}
