using System.Net;
using System.Net.Sockets;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>A client of the event stream that does what a browser's <c>EventSource</c> does, by any version of HTTP; trusts any certificate.</summary>
internal sealed class EventStreamClient : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly HttpResponseMessage _response;
    private readonly EventStreamReader _reader;

    private EventStreamClient(HttpClient http, HttpResponseMessage response, Stream body) => (_http, _response, _reader) = (http, response, new EventStreamReader(body));

    public HttpResponseMessage Response => _response;

    /// <summary>The place to come back to, as of the newest event that was read here.</summary>
    public string LastEventId { get; private set; } = "";

    public int? ReconnectionMs => _reader.ReconnectionMs;

    /// <summary>The <c>data</c> of the newest <c>relay:hello</c>.</summary>
    public System.Text.Json.JsonElement Hello { get; private set; }

    /// <summary>Asks; the answer may be a refusal.</summary>
    /// <param name="relay">Whom.</param>
    /// <param name="query">The filter, with its question mark.</param>
    /// <param name="lastEventId">As a browser says it that comes back; null: not at all.</param>
    /// <param name="version">Of HTTP; null is 1.1.</param>
    /// <param name="receiveBufferBytes">SO_RCVBUF, set before connecting so that the window stays small; zero leaves the system's choice.</param>
    /// <param name="origin">Where the page comes from.</param>
    public static async Task<EventStreamClient> ConnectAsync(RunningRelay relay, string query = "", string? lastEventId = null, Version? version = null, int receiveBufferBytes = 0, string? origin = null)
    {
        var http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
            // What the client's library would read ahead of us is to stay small too.
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
        return await AskAsync(http, relay, query, lastEventId, version ?? HttpVersion.Version11, origin);
    }

    /// <summary>Comes back as a browser does, on the same connection if that still stands. This one is not to be used any more, but must not be disposed before.</summary>
    public Task<EventStreamClient> ReconnectAsync(RunningRelay relay, string query = "") => AskAsync(_http, relay, query, LastEventId.Length > 0 ? LastEventId : null, _response.Version, null);

    private static async Task<EventStreamClient> AskAsync(HttpClient http, RunningRelay relay, string query, string? lastEventId, Version version, string? origin)
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

    /// <summary>The next event as it came; null at the orderly end of the stream. Fails when the connection is cut.</summary>
    public async Task<StreamEvent?> ReadAsync()
    {
        StreamEvent? next = await _reader.ReadAsync();
        if (next is not null) LastEventId = next.LastEventId;
        return next;
    }

    /// <summary>The next message, whatever it is; the id beside it is the one inside it, if it has one.</summary>
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

    /// <summary>The next event, or other message of that name; what else the relay says of itself is passed over.</summary>
    public async Task<SubprotocolMessage> ReceiveAsync(string? name)
    {
        while (true)
        {
            SubprotocolMessage message = await ReceiveAsync();
            if (name is null ? !message.IsRelay : message.Name == name) return message;
        }
    }

    /// <summary>Takes the greeting, and the snapshot that follows it: its parts.</summary>
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

    /// <summary>Leaves, as a page does that is closed.</summary>
    public ValueTask DisposeAsync()
    {
        _response.Dispose();
        _reader.Dispose();
        _http.Dispose();
        return ValueTask.CompletedTask;
    }
}
