namespace Cecelia.Relay.Fanout;

/// <summary>The point that a client had reached in its buffer.</summary>
/// <param name="Frame">Number of the next frame that it would have received.</param>
/// <param name="Entry">Number of the journal entry of the last frame that it received.</param>
internal readonly record struct ClientOffset(long Frame, long Entry);
