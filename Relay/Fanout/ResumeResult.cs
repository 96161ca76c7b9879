using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Fanout;

/// <summary>The outcome of a start of a client of the subprotocol, for its <c>relay:hello</c>.</summary>
/// <param name="WasRecovering">True if the client gave a position.</param>
/// <param name="Recovered">True if it receives everything that came after that position; otherwise it receives a snapshot.</param>
/// <param name="Missed">Number of messages that are sent to it again; null if the number that it missed is not known.</param>
/// <param name="Position">Its position when it has received those, or the snapshot.</param>
/// <param name="Link">The status of the link to Redis.</param>
/// <param name="Failure">Why it is not recovered although it gave a position; null otherwise.</param>
internal readonly record struct ResumeResult(
    bool WasRecovering, bool Recovered, long? Missed, StreamPosition Position, LinkStatus Link, ResumeFailure? Failure = null);
