using Cecelia.Relay.Journal;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>Journal and state at one place of the stream.</summary>
/// <param name="AtMs">Up to when nothing is missing in it, in Unix milliseconds.</param>
/// <param name="Journal">Its newest part.</param>
/// <param name="State">All of it; disposed with this.</param>
internal sealed record TimelineCheckpoint(long AtMs, JournalTail Journal, StateCopy State) : IDisposable
{
    /// <summary>Bytes of memory that it took when it was made.</summary>
    public long HeldBytes { get; } = State.HeldBytes + Journal.Payloads.Length;

    /// <summary>Where the stream stood, as far as the journal's part shows it.</summary>
    public StreamPosition Position => Journal.Entries.Length > 0 ? Journal.Entries[^1].Position : default;

    public void Dispose() => State.Dispose();
}
