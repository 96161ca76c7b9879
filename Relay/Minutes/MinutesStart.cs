namespace Cecelia.Relay.Minutes;

/// <summary>Why no minutes are known from before the first one. Closed.</summary>
internal enum MinutesStart
{
    /// <summary>An instance started without the state of another one: none was running, and there was no copy, or no longer.</summary>
    Started,

    /// <summary>The state was taken over from an instance whose version keeps no minutes, or that had no room for them.</summary>
    NotHandedOver,

    /// <summary>The state was taken over, but the minutes could not be read.</summary>
    Unreadable,
}

/// <summary>The names of the reasons on the wire.</summary>
internal static class MinutesStarts
{
    public static string ToWireName(this MinutesStart start) => start switch
    {
        MinutesStart.Started => "started",
        MinutesStart.NotHandedOver => "not_handed_over",
        _ => "unreadable",
    };
}
