using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>Counts the requests in progress on each accepted socket. The first middleware, so that no request is missed.</summary>
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
