namespace Cecelia.Relay.Http;

/// <summary>Marks an endpoint that answers under any host: a probe of an orchestrator or load balancer, which tells nothing but whether the relay is alive or ready.</summary>
internal sealed class ProbeEndpoint
{
    public static ProbeEndpoint Mark { get; } = new();
}
