using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>Refuses every request for a host that is not allowed, except the probes of an orchestrator.</summary>
internal static class HostCheck
{
    /// <summary>Adds the middleware. It is not an async method, because that would cost every connection memory for its whole life.</summary>
    public static void UseHostCheck(this WebApplication app)
    {
        HostPolicy hosts = app.Services.GetRequiredService<HostPolicy>();
        app.Use(next => context => IsProbe(context) || hosts.Allows(context) ? next(context) : RequestRefusal.HostNotAllowed.AnswerAsync(context));
    }

    private static bool IsProbe(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<ProbeEndpoint>() is not null;
}
