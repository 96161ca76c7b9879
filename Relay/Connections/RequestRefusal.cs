using Cecelia.Relay.Http;

namespace Cecelia.Relay.Connections;

/// <summary>Why a request for a WebSocket, an event stream or the state was not granted. Each has a status, a word for programs and a sentence for people.</summary>
internal sealed record RequestRefusal(int Status, string Reason, string Message)
{
    public static RequestRefusal NotAnUpgrade { get; } = new(StatusCodes.Status426UpgradeRequired, "not_an_upgrade", "This address speaks WebSocket; connect with a WebSocket client, for example: Relay watch");

    public static RequestRefusal WrongVersion { get; } = new(StatusCodes.Status426UpgradeRequired, "wrong_version", "Sec-WebSocket-Version must be 13");

    public static RequestRefusal BadKey { get; } = new(StatusCodes.Status400BadRequest, "bad_key", "Sec-WebSocket-Key must be 16 bytes in base64");

    public static RequestRefusal BodyNotAllowed { get; } = new(StatusCodes.Status400BadRequest, "body_not_allowed", "A request for a WebSocket must not have a body");

    /// <param name="why">A sentence about what is wrong with the filter.</param>
    public static RequestRefusal BadFilter(string why) => new(StatusCodes.Status400BadRequest, "bad_filter", why);

    public static RequestRefusal OriginNotAllowed { get; } = new(StatusCodes.Status403Forbidden, "origin_not_allowed", "The page's origin is not allowed; add it to CECELIA_ALLOWED_ORIGINS");

    public static RequestRefusal HostNotAllowed { get; } = new(StatusCodes.Status421MisdirectedRequest, "host_not_allowed", "The request is for a host that is not allowed; if it is a name of this relay, add it to CECELIA_ALLOWED_HOSTS");

    public static RequestRefusal Disabled { get; } = new(StatusCodes.Status503ServiceUnavailable, "disabled", "Connections are switched off (CECELIA_WS_ENABLED)");

    public static RequestRefusal ShuttingDown { get; } = new(StatusCodes.Status503ServiceUnavailable, "shutting_down", "The relay is shutting down");

    public static RequestRefusal TooManyConnections { get; } = new(StatusCodes.Status503ServiceUnavailable, "too_many_connections", "The relay has as many connections as it may (CECELIA_MAX_CONNECTIONS)");

    public static RequestRefusal TooManyFromAddress { get; } = new(StatusCodes.Status503ServiceUnavailable, "too_many_from_address", "Your address has as many connections as it may (CECELIA_MAX_CONNECTIONS_PER_ADDRESS)");

    public static RequestRefusal Overloaded { get; } = new(StatusCodes.Status503ServiceUnavailable, "overloaded", "Too many clients are being given the state at once (CECELIA_SNAPSHOT_BYTES)");

    public static RequestRefusal TooManyFilters { get; } = new(StatusCodes.Status503ServiceUnavailable, "overloaded", "The filters of the clients take as much memory as they may (CECELIA_FILTER_BYTES)");

    public static RequestRefusal NotGet { get; } = new(StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "Only GET is answered here");

    public static RequestRefusal NotGetOrHead { get; } = new(StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "Only GET and HEAD are answered here") { Allow = "GET, HEAD" };

    public static RequestRefusal UnknownTask { get; } = new(StatusCodes.Status404NotFound, "unknown_task", "Nothing is known of a task with this id");

    public static RequestRefusal UnknownExecution { get; } = new(StatusCodes.Status404NotFound, "unknown_execution", "Nothing is known of an execution with this id");

    /// <summary>The methods that are answered, for a refusal by 405.</summary>
    private string Allow { get; init; } = "GET";

    /// <summary>Answers the request. 503 says when to come back, spread so that those refused together do not come back together.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        ResponseHeaders.Set(context);
        context.Response.StatusCode = Status;
        if (Status == StatusCodes.Status503ServiceUnavailable) context.Response.Headers.RetryAfter = Random.Shared.Next(1, 6).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (Status == StatusCodes.Status405MethodNotAllowed) context.Response.Headers.Allow = Allow;
        if (Status == StatusCodes.Status426UpgradeRequired)
        {
            context.Response.Headers.Upgrade = "websocket";
            context.Response.Headers.SecWebSocketVersion = "13";
        }

        await ErrorJson.WriteAsync(context, Reason, Message);
    }
}
