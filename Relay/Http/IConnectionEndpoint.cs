using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Http;

/// <summary>The steps of <see cref="ConnectionLifecycle"/> that differ between a WebSocket and an event stream. Thread-safe.</summary>
internal interface IConnectionEndpoint
{
    Transport Transport { get; }

    /// <summary>Returns the position that the client asks to resume from, or null if the request has none.</summary>
    string? FindPosition(HttpRequest request);

    /// <summary>Sends the response headers and returns the stream of the connection.</summary>
    /// <param name="context">The request.</param>
    /// <param name="kind">The client's view, whose encoding and format the headers announce.</param>
    ValueTask<Stream> AcceptAsync(HttpContext context, ViewKind kind);

    /// <summary>Creates the connection. The caller registers it, runs it and ends it.</summary>
    Connection Open(AcceptedConnection accepted);
}
