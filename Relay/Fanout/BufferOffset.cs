namespace Cecelia.Relay.Fanout;

/// <summary>A point between two frames of an <see cref="OutboundBuffer"/>.</summary>
/// <param name="Segment">Number of the segment.</param>
/// <param name="Offset">Offset in the segment, in bytes.</param>
/// <param name="Frame">Number of the frame that follows.</param>
internal record struct BufferOffset(long Segment, int Offset, long Frame);
