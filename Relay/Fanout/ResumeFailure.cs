namespace Cecelia.Relay.Fanout;

/// <summary>Why a client that gave a position is given a snapshot. Closed; the wire's words are in <see cref="ResumeFailures"/>.</summary>
internal enum ResumeFailure
{
    /// <summary>The position is not known here.</summary>
    Unknown,

    /// <summary>The same events were published more than once, and the position does not tell which of the places is meant.</summary>
    Ambiguous,

    /// <summary>The position is known, but not all that came after it is here.</summary>
    Incomplete,
}

/// <summary>The wire's word for each reason.</summary>
internal static class ResumeFailures
{
    public static string ToWireName(this ResumeFailure failure) => failure switch
    {
        ResumeFailure.Unknown => "position_unknown",
        ResumeFailure.Ambiguous => "position_ambiguous",
        _ => "incomplete",
    };
}
