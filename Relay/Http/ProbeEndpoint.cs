namespace Cecelia.Relay.Http;

/// <summary>
/// Marks an endpoint that is served for any host: a probe of an orchestrator or load balancer, which reveals only whether the relay is alive or ready.
/// </summary>
internal sealed class ProbeEndpoint
{
    public static ProbeEndpoint Mark { get; } = new();
}
