namespace Cecelia.Relay.Events;

/// <summary>A stretch of a payload, by position, so that a decoded event needs no copies. An empty one stands for "not given".</summary>
internal readonly record struct Slice(int Offset, int Length)
{
    public bool IsEmpty => Length == 0;

    public ReadOnlySpan<byte> Get(ReadOnlySpan<byte> payload) => payload.Slice(Offset, Length);
}

/// <summary>Where an unescaped text lies: in the payload as the publisher wrote it, or in the event's scratch when it had escapes.</summary>
internal readonly record struct TextSlice(int Offset, int Length, bool InScratch);
