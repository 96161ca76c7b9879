using Cecelia.Relay.Journal;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>Journal and state at one place of the stream.</summary>
/// <param name="AtMs">Up to when nothing is missing in it, in Unix milliseconds.</param>
/// <param name="Journal">Its newest part.</param>
/// <param name="State">All of it; disposed with this.</param>
internal sealed record FrozenFeed(long AtMs, JournalTail Journal, StateCopy State) : IDisposable
{
    public void Dispose() => State.Dispose();
}
