using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>Notes on each accepted socket whether requests are under way on it. First in the pipeline, so that no request is missed.</summary>
internal static class RequestCount
{
    public static void UseRequestCount(this WebApplication app) => app.Use(next => async context =>
    {
        AcceptedSocket? socket = context.Features.Get<AcceptedSocket>();
        socket?.BeginRequest();
        try
        {
            await next(context);
        }
        finally
        {
            socket?.EndRequest();
        }
    });
}
