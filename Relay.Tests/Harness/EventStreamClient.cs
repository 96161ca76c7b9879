using System.Net;
using System.Net.Sockets;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>A client of the event stream that behaves like a browser's <c>EventSource</c>, over any version of HTTP. Trusts any certificate.</summary>
internal sealed class EventStreamClient : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly HttpResponseMessage _response;
    private readonly EventStreamReader _reader;

    private EventStreamClient(HttpClient http, HttpResponseMessage response, Stream body) =>
        (_http, _response, _reader) = (http, response, new EventStreamReader(body));

    public HttpResponseMessage Response => _response;

    /// <summary>The position to resume from: the id of the newest event that was read here.</summary>
    public string LastEventId { get; private set; } = "";

    public int? ReconnectionMs => _reader.ReconnectionMs;

    /// <summary>The <c>data</c> of the newest <c>relay:hello</c>.</summary>
    public System.Text.Json.JsonElement Hello { get; private set; }

    /// <summary>Sends the request. The response may be a refusal.</summary>
    /// <param name="relay">The relay to connect to.</param>
    /// <param name="query">The filter, with its question mark.</param>
    /// <param name="lastEventId">The <c>Last-Event-ID</c> that a reconnecting browser sends; null to send none.</param>
    /// <param name="version">The version of HTTP; null is 1.1.</param>
    /// <param name="receiveBufferBytes">SO_RCVBUF, set before connecting so that the window stays small; zero leaves the system's choice.</param>
    /// <param name="origin">The origin of the page.</param>
    public static async Task<EventStreamClient> ConnectAsync(
        RunningRelay relay,
        string query = "",
        string? lastEventId = null,
        Version? version = null,
        int receiveBufferBytes = 0,
        string? origin = null)
    {
        var http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
            // Keep the client library's read-ahead small too.
            InitialHttp2StreamWindowSize = 65_535,
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                if (receiveBufferBytes > 0) socket.ReceiveBufferSize = receiveBufferBytes;
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        return await RequestAsync(http, relay, query, lastEventId, version ?? HttpVersion.Version11, origin);
    }

    /// <summary>
    /// Reconnects as a browser does, on the same connection if it is still open. Do not use this client afterwards, but do not dispose it before the new one.
    /// </summary>
    public Task<EventStreamClient> ReconnectAsync(RunningRelay relay, string query = "") =>
        RequestAsync(_http, relay, query, LastEventId.Length > 0 ? LastEventId : null, _response.Version, null);

    private static async Task<EventStreamClient> RequestAsync(
        HttpClient http,
        RunningRelay relay,
        string query,
        string? lastEventId,
        Version version,
        string? origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(relay.Http, "/events" + query))
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (lastEventId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        if (origin is not null) request.Headers.Add("Origin", origin);
        HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Within();
        return new EventStreamClient(http, response, await response.Content.ReadAsStreamAsync().Within());
    }

    /// <summary>Reads the next event verbatim; null at the orderly end of the stream. Fails when the connection is aborted.</summary>
    public async Task<StreamEvent?> ReadAsync()
    {
        StreamEvent? next = await _reader.ReadAsync();
        if (next is not null) LastEventId = next.LastEventId;
        return next;
    }

    /// <summary>Receives the next message of any kind. Asserts that the id of the event equals the id in the message, if it has one.</summary>
    public async Task<SubprotocolMessage> ReceiveAsync()
    {
        StreamEvent? next = await ReadAsync();
        Assert.True(next is not null, "the stream ended");
        Assert.Equal("message", next.Type);
        var message = SubprotocolMessage.Parse(next.Data);
        if (message.Id is { } id) Assert.Equal(id, next.LastEventId);
        if (message.Name == "relay:hello") Hello = message.Data;
        return message;
    }

    /// <summary>Receives the next event, or the next message with this name. Skips other messages of the relay.</summary>
    public async Task<SubprotocolMessage> ReceiveAsync(string? name)
    {
        while (true)
        {
            SubprotocolMessage message = await ReceiveAsync();
            if (name is null ? !message.IsRelay : message.Name == name) return message;
        }
    }

    /// <summary>Receives the <c>relay:hello</c> and the snapshot that follows it. Returns the parts of the snapshot.</summary>
    public async Task<List<SubprotocolMessage>> ReceiveSnapshotAsync()
    {
        if (Hello.ValueKind == default) Assert.Equal("relay:hello", (await ReceiveAsync()).Name);
        var parts = new List<SubprotocolMessage>();
        do
        {
            parts.Add(await ReceiveAsync());
            Assert.Equal("relay:snapshot", parts[^1].Name);
        }
        while (!parts[^1].Data.GetProperty("last").GetBoolean());
        return parts;
    }

    /// <summary>Disconnects as a closed page does.</summary>
    public ValueTask DisposeAsync()
    {
        _response.Dispose();
        _reader.Dispose();
        _http.Dispose();
        return ValueTask.CompletedTask;
    }
}
