namespace Cecelia.Relay.Bench.Commands;

/// <summary>Exit codes of the process.</summary>
internal static class ExitCodes
{
    public const int Good = 0;

    /// <summary>The run completed, but an event was lost, duplicated, out of order or sent to the wrong client.</summary>
    public const int BadDelivery = 1;

    /// <summary>Invalid options, or nothing to measure: no relay, no Redis, or no event delivered.</summary>
    public const int CannotRun = 2;
}
