namespace Cecelia.Relay.Events;

/// <summary>A range of a payload, by offset, so that a decoded event needs no copies. An empty slice means "absent".</summary>
internal readonly record struct Slice(int Offset, int Length)
{
    public bool IsEmpty => Length == 0;

    public ReadOnlySpan<byte> Get(ReadOnlySpan<byte> payload) => payload.Slice(Offset, Length);
}

/// <summary>The range of an unescaped text: in the payload, or in the event's scratch buffer if the text was escaped.</summary>
internal readonly record struct TextSlice(int Offset, int Length, bool InScratch);
