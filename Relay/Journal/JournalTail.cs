namespace Cecelia.Relay.Journal;

/// <summary>The newest part of a journal, copied, so that another instance's journal can go on from it. Immutable once made; owns its arrays.</summary>
/// <param name="Window">The hashes of the last <see cref="MessageWindow.Length"/> messages, oldest first.</param>
/// <param name="Entries">Oldest first.</param>
/// <param name="Payloads">The entries' payloads, one behind the other.</param>
internal sealed record JournalTail(ulong[] Window, TailEntry[] Entries, byte[] Payloads);

/// <summary>One entry of a <see cref="JournalTail"/>.</summary>
internal readonly record struct TailEntry(JournalPosition Position, EntryKind Kind, int Length);
