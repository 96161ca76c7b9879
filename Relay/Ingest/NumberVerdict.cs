namespace Cecelia.Relay.Ingest;

/// <summary>The meaning of a publisher's number for one event.</summary>
internal enum NumberVerdict
{
    /// <summary>The next number, the first one of its publisher, or an event without a number.</summary>
    New,

    /// <summary>A number that was missing until now.</summary>
    Late,

    /// <summary>A new number, and numbers before it are missing.</summary>
    AfterHole,

    /// <summary>The first number of a publisher whose earlier numbers may have been published before this instance started, or may be missing.</summary>
    Unknown,

    /// <summary>The first event of a new run under the same source.</summary>
    NewRun,

    /// <summary>An event that was received before.</summary>
    Duplicate,
}
