namespace Cecelia.Relay.Fanout;

/// <summary>Between two frames of a log: which segment, which byte of it, and the number of the frame that comes next.</summary>
internal record struct BufferOffset(long Segment, int Offset, long Frame);
