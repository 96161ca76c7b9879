using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Fanout;

/// <summary>How a client of the subprotocol begins: what its <c>relay:hello</c> says.</summary>
/// <param name="WasRecovering">It named a position that it had.</param>
/// <param name="Recovered">It gets all that came after that one; otherwise it gets a snapshot.</param>
/// <param name="Missed">How many messages it is given again now; null where it is not known how many it missed.</param>
/// <param name="Position">Where it stands when it has been given that, or the snapshot.</param>
/// <param name="Link">How the link to Redis stands.</param>
/// <param name="Failure">Why it is not recovered though it named a position; null otherwise.</param>
internal readonly record struct ResumeResult(bool WasRecovering, bool Recovered, long? Missed, StreamPosition Position, LinkStatus Link, ResumeFailure? Failure = null);
