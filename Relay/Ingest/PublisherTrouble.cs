using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Ingest;

/// <summary>A publisher whose numbers show that events are missing, or may be missing.</summary>
/// <param name="At">When it was noticed.</param>
/// <param name="Cause">The cause of the gap that clients were sent.</param>
/// <param name="Source">The name of the publisher: text of the publisher, which does not go into logs.</param>
/// <param name="Reason">In plain words, without text of the publisher.</param>
internal sealed record PublisherTrouble(DateTimeOffset At, GapCause Cause, string Source, string Reason)
{
    /// <summary>How long <c>/readyz</c> warns of it.</summary>
    public static readonly TimeSpan Shown = TimeSpan.FromMinutes(5);
}
