namespace Cecelia.Relay.Ingest;

/// <summary>A publisher that uses its numbers in a way that hides losses.</summary>
/// <param name="At">When it was noticed.</param>
/// <param name="Reason">In plain words, without text of the publisher.</param>
internal sealed record PublisherTrouble(DateTimeOffset At, string Reason)
{
    /// <summary>How long <c>/readyz</c> warns of it.</summary>
    public static readonly TimeSpan Shown = TimeSpan.FromMinutes(5);
}
