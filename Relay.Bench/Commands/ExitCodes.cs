namespace Cecelia.Relay.Bench.Commands;

/// <summary>What the process says when it ends.</summary>
internal static class ExitCodes
{
    public const int Good = 0;

    /// <summary>The run came to its end, but an event was lost, doubled, out of order or sent to the wrong client.</summary>
    public const int BadDelivery = 1;

    /// <summary>Wrong options, or nothing to measure: no relay, no Redis, no event coming through.</summary>
    public const int CannotRun = 2;
}
