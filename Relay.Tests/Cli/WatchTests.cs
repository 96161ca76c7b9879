using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Cecelia.Relay.Cli;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cecelia.Relay.Tests.Cli;

public sealed class WatchTests
{
    private static readonly TimeSpan Deadline = TestTimeouts.Default;

    [Fact]
    public async Task Watch_once_prints_the_given_number_of_lines_closes_and_exits_0()
    {
        var closed = new TaskCompletionSource<WebSocketCloseStatus?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WebApplication server = await ServeAsync(async socket =>
        {
            for (int i = 0; i < 3; i++) await SendAsync(socket, $$"""{"event":"e{{i}}"}""");
            WebSocketReceiveResult close = await socket.ReceiveAsync(new byte[16], CancellationToken.None);
            closed.SetResult(close.CloseStatus);
        });
        using var terminal = new TestTerminal();

        int exitCode = await terminal.RunAsync("watch", Url(server), "--once", "2");

        Assert.Equal(0, exitCode);
        Assert.Equal(["""{"event":"e0"}""", """{"event":"e1"}"""], terminal.OutLines);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, await closed.Task.WaitAsync(Deadline));
    }

    [Fact]
    public async Task Lost_connection_is_reestablished_and_each_change_is_reported()
    {
        int connections = 0;
        var secondSeen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WebApplication server = await ServeAsync(async socket =>
        {
            int number = Interlocked.Increment(ref connections);
            await SendAsync(socket, $$"""{"event":"connection-{{number}}"}""");
            if (number == 1) await socket.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "restarting", CancellationToken.None);
            if (number == 2)
            {
                await secondSeen.Task.WaitAsync(Deadline);
                socket.Abort();
            }

            if (number == 3) await socket.ReceiveAsync(new byte[16], CancellationToken.None);
        });
        using var terminal = new TestTerminal();
        var seen = new List<string>();
        var client = new WatchClient(new Uri(Url(server)), Show, new Backoff(() => 0), terminal.Terminal);

        Assert.Equal(0, await client.RunAsync(CancellationToken.None).WaitAsync(Deadline));

        Assert.Contains("""{"event":"connection-3"}""", seen);
        Assert.Equal(3, terminal.ErrorLines.Count(line => line.StartsWith("-- Connected to ws://", StringComparison.Ordinal)));
        Assert.Contains(terminal.ErrorLines, line => line == "-- Lost the connection: the server closed it with 1001 (restarting). Reconnecting in 0.0 s");

        bool Show(ReadOnlyMemory<byte> message)
        {
            seen.Add(RawLine.Format(message));
            if (seen[^1].Contains("connection-2", StringComparison.Ordinal)) secondSeen.SetResult();
            return !seen[^1].Contains("connection-3", StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Fragmented_message_is_printed_as_one_line()
    {
        string text = $$"""{"event":"{{new string('x', 100_000)}}"}""";
        await using WebApplication server = await ServeAsync(async socket =>
        {
            byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
            await socket.SendAsync(bytes.AsMemory(0, 10), WebSocketMessageType.Text, endOfMessage: false, CancellationToken.None);
            await socket.SendAsync(bytes.AsMemory(10), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            await socket.ReceiveAsync(new byte[16], CancellationToken.None);
        });
        using var terminal = new TestTerminal();

        await terminal.RunAsync("watch", Url(server), "--once", "1");

        Assert.Equal(text, Assert.Single(terminal.OutLines));
    }

    [Theory]
    [InlineData(403, """{"reason":"this origin is not allowed"}""", "refused the WebSocket: HTTP 403 Forbidden: this origin is not allowed")]
    [InlineData(404, "nothing\nhere", "refused the WebSocket: HTTP 404 Not Found: nothing here")]
    [InlineData(200, "", "refused the WebSocket: HTTP 200 OK")]
    public async Task Permanent_refusal_prints_status_and_reason_and_exits_1(int status, string body, string expected)
    {
        await using WebApplication server = await ServeAsync(context => RespondAsync(context, status, body));
        using var terminal = new TestTerminal();

        Assert.Equal(1, await terminal.RunAsync("watch", Url(server)));

        Assert.EndsWith(expected, terminal.ErrorLines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Temporary_refusal_is_retried()
    {
        int requests = 0;
        await using WebApplication server = await ServeAsync(async context =>
        {
            if (Interlocked.Increment(ref requests) < 3)
            {
                await RespondAsync(context, 503, """{"reason":"too many connections"}""");
                return;
            }

            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            await SendAsync(socket, "{}");
            await socket.ReceiveAsync(new byte[16], CancellationToken.None);
        });
        using var terminal = new TestTerminal();
        var client = new WatchClient(new Uri(Url(server)), _ => false, new Backoff(() => 0), terminal.Terminal);

        Assert.Equal(0, await client.RunAsync(CancellationToken.None).WaitAsync(Deadline));

        Assert.Equal(
            2,
            terminal.ErrorLines.Count(
                line => line.EndsWith("HTTP 503 Service Unavailable: too many connections. Reconnecting in 0.0 s", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Unreachable_relay_is_reported_and_a_stop_while_waiting_exits_0()
    {
        using var terminal = new TestTerminal();
        using var stop = new CancellationTokenSource();
        using var unused = new Socket(SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int attempts = 0;
        var backoff = new Backoff(() =>
        {
            if (++attempts == 2) stop.Cancel();
            return 0;
        });
        var client = new WatchClient(new Uri($"ws://127.0.0.1:{((IPEndPoint)unused.LocalEndPoint!).Port}/ws"), _ => true, backoff, terminal.Terminal);

        Assert.Equal(0, await client.RunAsync(stop.Token).WaitAsync(Deadline));

        Assert.Contains("Cannot connect to ws://127.0.0.1:", terminal.ErrorLines[0], StringComparison.Ordinal);
        Assert.Contains("Connection refused. Reconnecting in 0.0 s", terminal.ErrorLines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_without_tls_is_reported_for_a_wss_url()
    {
        await using WebApplication server = await ServeAsync(context => RespondAsync(context, 200, ""));
        using var terminal = new TestTerminal();
        using var stop = new CancellationTokenSource();
        var backoff = new Backoff(() =>
        {
            stop.Cancel();
            return 0;
        });
        var client = new WatchClient(new Uri(Url(server).Replace("ws://", "wss://", StringComparison.Ordinal)), _ => true, backoff, terminal.Terminal);

        Assert.Equal(0, await client.RunAsync(stop.Token).WaitAsync(Deadline));

        Assert.Contains("the server does not use TLS on this port; use ws:// instead of wss://", terminal.ErrorLines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_while_connected_closes_with_1000_and_exits_with_0()
    {
        var closed = new TaskCompletionSource<WebSocketCloseStatus?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WebApplication server = await ServeAsync(async socket =>
        {
            await SendAsync(socket, "{}");
            closed.SetResult((await socket.ReceiveAsync(new byte[16], CancellationToken.None)).CloseStatus);
        });
        using var terminal = new TestTerminal();
        using var stop = new CancellationTokenSource();
        var client = new WatchClient(new Uri(Url(server)), Stop, new Backoff(() => 0), terminal.Terminal);

        Assert.Equal(0, await client.RunAsync(stop.Token).WaitAsync(Deadline));

        Assert.Equal(WebSocketCloseStatus.NormalClosure, await closed.Task.WaitAsync(Deadline));

        bool Stop(ReadOnlyMemory<byte> message)
        {
            stop.Cancel();
            return true;
        }
    }

    [Fact]
    public void Backoff_uses_full_jitter_under_a_ceiling_that_doubles_up_to_the_cap()
    {
        double chance = 1;
        var backoff = new Backoff(() => chance);

        Assert.Equal([1, 2, 4, 8, 15, 15], Enumerable.Range(0, 6).Select(_ => backoff.Next().TotalSeconds));
        chance = 0;
        Assert.Equal(TimeSpan.Zero, backoff.Next());
        chance = 1;
        backoff.Reset();
        Assert.Equal(Backoff.Base, backoff.Next());
    }

    [Theory]
    [InlineData("localhost:5221", "ws://localhost:5221/ws")]
    [InlineData("ws://localhost:5221/ws?token=x", "ws://localhost:5221/ws?token=x")]
    [InlineData("https://relay.example/api/v1/ws/executions/7#x", "wss://relay.example/api/v1/ws/executions/7")]
    [InlineData("http://relay.example", "ws://relay.example/ws")]
    public void Url_shorthand_is_completed(string text, string expected)
    {
        Assert.True(WatchUrl.TryParse(text, out Uri? url));
        Assert.Equal(expected, url.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("ftp://x")]
    [InlineData("ws://")]
    [InlineData("ws://a b/")]
    public void Invalid_url_is_rejected(string text) => Assert.False(WatchUrl.TryParse(text, out _));

    private static string Url(WebApplication server) => server.Urls.Single().Replace("http://", "ws://", StringComparison.Ordinal) + "/ws";

    private static Task<WebApplication> ServeAsync(Func<WebSocket, Task> serve) => ServeAsync(async context =>
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        await serve(socket);
    });

    private static async Task<WebApplication> ServeAsync(RequestDelegate serve)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        WebApplication server = builder.Build();
        server.UseWebSockets();
        server.Run(serve);
        await server.StartAsync();
        return server;
    }

    private static Task RespondAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(body);
    }

    private static Task SendAsync(WebSocket socket, string text) =>
        socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
}
