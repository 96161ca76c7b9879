namespace Cecelia.Relay.Recording;

/// <summary>The kind of a note. Closed.</summary>
internal enum NoteKind : byte
{
    /// <summary>A round of the pump has ended.</summary>
    Round,

    /// <summary>A client is not at the head of its view at the end of a send, or is there again.</summary>
    Progress,

    /// <summary>A client continues behind another entry, without the events up to it.</summary>
    Skip,
}

/// <summary>A note of one pump (see <see cref="PumpNotes"/>).</summary>
internal readonly record struct Note
{
    public NoteKind Kind { get; init; }

    /// <summary>True if the client was not at the head before this note.</summary>
    public bool WasBehind { get; init; }

    /// <summary>True if the client is not at the head after this note.</summary>
    public bool IsBehind { get; init; }

    /// <summary>True if the client continues elsewhere because it was too slow.</summary>
    public bool IsSlow { get; init; }

    /// <summary>Number of the client.</summary>
    public long Client { get; init; }

    /// <summary>When it was written, in Unix milliseconds.</summary>
    public long TimeMs { get; init; }

    /// <summary>Every event up to this journal entry had been passed to the pumps when the round began. Never decreases.</summary>
    public long Flushed { get; init; }

    /// <summary>The journal entry up to which the client's transport had taken everything.</summary>
    public long Reached { get; init; }

    /// <summary>The journal entry up to which the client skips.</summary>
    public long To { get; init; }
}
