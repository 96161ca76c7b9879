namespace Cecelia.Relay.Recording;

/// <summary>The outcome of a message that this instance received. Closed.</summary>
internal enum EventOutcome : byte
{
    /// <summary>Accepted: part of the stream.</summary>
    Accepted,

    /// <summary>A reply to a command: for one connection, and not part of the stream.</summary>
    Reply,

    /// <summary>Received before.</summary>
    Duplicate,

    /// <summary>Refused, with a reason.</summary>
    Refused,

    /// <summary>Contained in the state that was loaded from another instance.</summary>
    InLoadedState,

    /// <summary>Discarded, because the connection to Redis did not last. A gap reports it.</summary>
    Discarded,

    /// <summary>Read from the stream after later events had been sent, so it was not sent.</summary>
    Overtaken,

    /// <summary>Lost by a fault or for lack of memory. A gap reports it.</summary>
    Lost,

    /// <summary>No message, but a gap: events may be missing here.</summary>
    Gap,
}

/// <summary>The name of each outcome in a trace.</summary>
internal static class EventOutcomes
{
    public static string ToWireName(this EventOutcome outcome) => outcome switch
    {
        EventOutcome.Accepted => "accepted",
        EventOutcome.Reply => "reply",
        EventOutcome.Duplicate => "duplicate",
        EventOutcome.Refused => "refused",
        EventOutcome.InLoadedState => "in_loaded_state",
        EventOutcome.Discarded => "discarded",
        EventOutcome.Overtaken => "overtaken",
        EventOutcome.Lost => "lost",
        _ => "gap",
    };
}
