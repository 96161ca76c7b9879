using Cecelia.Relay.Access;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Connections;

/// <summary>The refusal of an HTTP request.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Reason">The reason, for programs.</param>
/// <param name="Message">The message, for people.</param>
internal sealed record RequestRefusal(int Status, string Reason, string Message)
{
    public static RequestRefusal NotAnUpgrade { get; } = new(
        StatusCodes.Status426UpgradeRequired,
        "not_an_upgrade",
        "This address accepts WebSocket connections only; connect with a WebSocket client, for example: Relay watch");

    public static RequestRefusal WrongVersion { get; } = new(StatusCodes.Status426UpgradeRequired, "wrong_version", "Sec-WebSocket-Version must be 13");

    public static RequestRefusal BadKey { get; } = new(StatusCodes.Status400BadRequest, "bad_key", "Sec-WebSocket-Key must be 16 bytes in base64");

    public static RequestRefusal BodyNotAllowed { get; } = new(
        StatusCodes.Status400BadRequest,
        "body_not_allowed",
        "A request for a WebSocket must not have a body");

    /// <param name="error">The error in the filter, as a message for people.</param>
    public static RequestRefusal BadFilter(string error) => new(StatusCodes.Status400BadRequest, "bad_filter", error);

    public static RequestRefusal BadPosition { get; } = new(
        StatusCodes.Status400BadRequest,
        "bad_position",
        "The parameters before and since must be the id of a message, or the position of a response, and be given once");

    public static RequestRefusal BadBase { get; } = new(
        StatusCodes.Status400BadRequest,
        "bad_base",
        "The parameter base must be empty or a number of at least 1, be given once, and not be combined with before or since");

    public static RequestRefusal BadLimit { get; } = new(
        StatusCodes.Status400BadRequest, "bad_limit", "The parameter limit must be a number from 1 to 1000, and be given once");

    public static RequestRefusal BadMinutes { get; } = new(
        StatusCodes.Status400BadRequest, "bad_minutes", "The parameter minutes must be a number from 1 to 1440, and be given once");

    /// <param name="failure">The reason why the position was not found.</param>
    public static RequestRefusal PositionNotFound(ResumeFailure failure) => new(
        StatusCodes.Status404NotFound,
        failure.ToWireName(),
        failure == ResumeFailure.Ambiguous
            ? "The same events were published more than once, and the position matches more than one of them"
            : "The position is not known to this instance, or no longer");

    public static RequestRefusal OriginNotAllowed { get; } = new(
        StatusCodes.Status403Forbidden,
        "origin_not_allowed",
        "The page's origin is not allowed; add it to CECELIA_ALLOWED_ORIGINS");

    public static RequestRefusal HostNotAllowed { get; } = new(
        StatusCodes.Status421MisdirectedRequest,
        "host_not_allowed",
        "The request is for a host that is not allowed; if it is a name of this relay, add it to CECELIA_ALLOWED_HOSTS");

    public static RequestRefusal Disabled { get; } = new(StatusCodes.Status503ServiceUnavailable, "disabled", "Connections are disabled (CECELIA_WS_ENABLED)");

    public static RequestRefusal ShuttingDown { get; } = new(StatusCodes.Status503ServiceUnavailable, "shutting_down", "The relay is shutting down");

    public static RequestRefusal TooManyConnections { get; } = new(
        StatusCodes.Status503ServiceUnavailable,
        "too_many_connections",
        "The relay has reached its maximum number of connections (CECELIA_MAX_CONNECTIONS)");

    public static RequestRefusal TooManyFromAddress { get; } = new(
        StatusCodes.Status503ServiceUnavailable,
        "too_many_from_address",
        "Your address has reached its maximum number of connections (CECELIA_MAX_CONNECTIONS_PER_ADDRESS)");

    public static RequestRefusal TooManyRequests { get; } = new(
        StatusCodes.Status429TooManyRequests,
        "too_many_requests",
        "Your address has sent too many requests (CECELIA_MAX_REQUESTS_PER_ADDRESS)");

    public static RequestRefusal Overloaded { get; } = new(
        StatusCodes.Status503ServiceUnavailable,
        "overloaded",
        "Too many clients are receiving a snapshot at the same time (CECELIA_SNAPSHOT_BYTES)");

    public static RequestRefusal TooManyFilters { get; } = new(
        StatusCodes.Status503ServiceUnavailable,
        "overloaded",
        "The filters of all clients have reached their memory limit (CECELIA_FILTER_BYTES)");

    public static RequestRefusal NotGet { get; } = new(StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "Only GET is supported");

    public static RequestRefusal NotGetOrHead { get; } = new(StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "Only GET and HEAD are supported")
    {
        Allow = "GET, HEAD",
    };

    public static RequestRefusal NotGetOrDelete { get; } = new(
        StatusCodes.Status405MethodNotAllowed,
        "method_not_allowed",
        "Only GET and DELETE are supported")
    {
        Allow = "GET, DELETE",
    };

    public static RequestRefusal NotDelete { get; } = new(StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "Only DELETE is supported")
    {
        Allow = "DELETE",
    };

    /// <param name="error">The error in the key, as a message for people.</param>
    public static RequestRefusal BadTraceKey(string error) => new(StatusCodes.Status400BadRequest, "bad_trace_key", error);

    public static RequestRefusal ClientNotBuilt { get; } = new(
        StatusCodes.Status404NotFound,
        "client_not_built",
        "This relay was built without the front end, so it does not have the client package; build it with npm, and without -p:BuildFrontend=false");

    public static RequestRefusal UnknownTask { get; } = new(StatusCodes.Status404NotFound, "unknown_task", "There is no state for a task with this id");

    public static RequestRefusal UnknownExecution { get; } = new(
        StatusCodes.Status404NotFound,
        "unknown_execution",
        "There is no state for an execution with this id");

    public static RequestRefusal BadUser { get; } = new(
        StatusCodes.Status400BadRequest, "bad_user", "The parameter user must name the user whose tickets are revoked, in 1 to 256 bytes");

    /// <param name="failure">The reason why the token or ticket of the request does not suffice.</param>
    public static RequestRefusal NoAccess(AccessFailure failure) => new(failure.ToStatus(), failure.ToWireName(), failure.ToMessage());

    /// <summary>The methods that are allowed, for a refusal with 405.</summary>
    public string Allow { get; private init; } = "GET";
}
