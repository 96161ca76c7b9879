using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Ingest;

/// <summary>A publisher whose numbers show that events are or may be missing.</summary>
/// <param name="At">The time at which it was detected.</param>
/// <param name="Cause">The cause of the gap that clients were sent.</param>
/// <param name="Source">The name of the publisher: untrusted text, which must not be logged.</param>
/// <param name="Reason">The reason in plain words, without text of the publisher.</param>
internal sealed record PublisherTrouble(DateTimeOffset At, GapCause Cause, string Source, string Reason)
{
    /// <summary>How long <c>/readyz</c> warns of it.</summary>
    public static readonly TimeSpan Shown = TimeSpan.FromMinutes(5);
}
