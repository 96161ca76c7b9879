using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Http;

/// <summary>Responds to a request for an unknown path with the list of paths.</summary>
internal static class NotFound
{
    public static Task AnswerAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return ErrorJson.WriteAsync(
            context,
            "not_found",
            "This path does not exist. The paths are /ws, /ws/projects/ID, /api/v1/ws/executions/ID (WebSocket), /events (event stream), / "
                + "(the Command Center), /client.tgz and /client.js (the client package), /livez, /readyz, /metrics, /asyncapi.json, /api/v1/state, "
                + "/api/v1/tasks/ID, /api/v1/executions/ID, /api/v1/history, /api/v1/minutes, /api/v1/events/KEY/trace, /api/v1/tasks/ID/trace, "
                + "/api/v1/executions/ID/trace, /api/v1/connections, "
                + "/api/v1/status, /api/v1/refused and, with access control, /api/v1/tickets");
    }
}
