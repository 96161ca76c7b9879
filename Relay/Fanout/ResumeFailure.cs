namespace Cecelia.Relay.Fanout;

/// <summary>The reason why a client that gave a position receives a snapshot. Closed; the names on the wire are in <see cref="ResumeFailures"/>.</summary>
internal enum ResumeFailure
{
    /// <summary>The position is not known here.</summary>
    Unknown,

    /// <summary>The same events were published more than once, and the position does not identify one of them.</summary>
    Ambiguous,

    /// <summary>The position is known, but some of what came after it is missing.</summary>
    Incomplete,
}

/// <summary>The name of each reason on the wire.</summary>
internal static class ResumeFailures
{
    /// <summary>Returns the name on the wire.</summary>
    public static string ToWireName(this ResumeFailure failure) => failure switch
    {
        ResumeFailure.Unknown => "position_unknown",
        ResumeFailure.Ambiguous => "position_ambiguous",
        _ => "incomplete",
    };
}
