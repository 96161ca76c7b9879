using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>Refuses requests for a host that is not allowed, whatever they ask for, except the probes of an orchestrator.</summary>
internal static class HostCheck
{
    /// <summary>Adds the check. Not an asynchronous step: that would cost every connection memory for as long as it lasts.</summary>
    public static void UseHostCheck(this WebApplication app)
    {
        HostPolicy hosts = app.Services.GetRequiredService<HostPolicy>();
        app.Use(next => context => IsProbe(context) || hosts.Allows(context) ? next(context) : RequestRefusal.HostNotAllowed.AnswerAsync(context));
    }

    private static bool IsProbe(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<ProbeEndpoint>() is not null;
}
