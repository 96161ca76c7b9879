namespace Cecelia.Relay.Fanout;

/// <summary>The part of its pump's notes in which a client was served (<see cref="Recording.PumpNotes"/>).</summary>
/// <param name="FirstNote">Index of the first note since it is served; -1 if it has not been served yet.</param>
/// <param name="StartEntry">The journal entry behind which it started.</param>
/// <param name="EndNote">Index of the first note since its removal; <see cref="long.MaxValue"/> while it is served.</param>
/// <param name="Reached">The journal entry up to which its transport has taken everything.</param>
/// <param name="IsBehind">True if its last note says that it was not at the head.</param>
internal readonly record struct ClientSpan(long FirstNote, long StartEntry, long EndNote, long Reached, bool IsBehind);
