using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;

namespace Cecelia.Relay.Cli;

/// <summary>A WebSocket client that reconnects automatically, and reports the status of the connection on standard error. For one run.</summary>
/// <param name="url">The URL to connect to.</param>
/// <param name="show">Receives each message, which is valid only during the call. Returns false to end the run.</param>
/// <param name="backoff">The delays before attempts to reconnect.</param>
/// <param name="terminal">Receives the reports, and supplies the clock.</param>
/// <param name="createHandler">Creates the handler of each attempt to connect; null for one that connects to the URL.</param>
internal sealed class WatchClient(
    Uri url, Func<ReadOnlyMemory<byte>, bool> show, Backoff backoff, Terminal terminal, Func<SocketsHttpHandler>? createHandler = null)
{
    /// <summary>More than the largest payload that a relay can be configured to accept, with its envelope.</summary>
    private const int MaxMessageBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(1);

    /// <summary>Runs until <c>show</c> returns false, the server refuses for good, or the token is cancelled. Returns the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                TimeSpan minimum = TimeSpan.Zero;
                string fault;
                using var probe = new UpgradeProbe(createHandler?.Invoke() ?? new SocketsHttpHandler { AllowAutoRedirect = false });
                using ClientWebSocket socket = Create();
                if (await TryConnectAsync(socket, probe, cancellationToken) is not { } failure)
                {
                    await WriteNoticeAsync($"Connected to {url}");
                    if (await ReadAllAsync(socket, cancellationToken) is not { } lost) return ExitCode.Done;
                    fault = $"Lost the connection: {lost}.";
                }
                else if (probe.Refusal is { IsTransient: false } refusal)
                {
                    await WriteNoticeAsync($"{url} refused the WebSocket: {refusal}");
                    await WriteNoticeAsync("Check the URL: the relay serves ws://HOST:PORT/ws.");
                    return ExitCode.Failed;
                }
                else
                {
                    fault = probe.Refusal is null ? $"Cannot connect to {url}: {failure}." : $"{url} refused the WebSocket: {probe.Refusal}.";
                    if (probe.Refusal?.RetryAfter is { } retryAfter) minimum = retryAfter < MaxRetryAfter ? retryAfter : MaxRetryAfter;
                }

                TimeSpan wait = minimum + backoff.Next();
                await WriteNoticeAsync(string.Create(CultureInfo.InvariantCulture, $"{fault} Reconnecting in {wait.TotalSeconds:0.0} s"));
                await Task.Delay(wait, terminal.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
    }

    private static ClientWebSocket Create()
    {
        var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = PingInterval;
        socket.Options.KeepAliveTimeout = PingInterval;
        return socket;
    }

    /// <summary>Returns null if connected, otherwise the reason.</summary>
    private async Task<string?> TryConnectAsync(ClientWebSocket socket, UpgradeProbe probe, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(ConnectTimeout, terminal.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        using var invoker = new HttpMessageInvoker(probe, disposeHandler: false);
        try
        {
            await socket.ConnectAsync(url, invoker, either.Token);
            return null;
        }
        catch (WebSocketException fault)
        {
            return Describe(fault);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return string.Create(CultureInfo.InvariantCulture, $"no response within {ConnectTimeout.TotalSeconds} s");
        }
    }

    /// <summary>Reads until the connection or the run ends. Returns the reason why the connection was lost; null if the run has ended.</summary>
    private async Task<string?> ReadAllAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        long since = terminal.Time.GetTimestamp();
        var message = new ArrayBufferWriter<byte>(16 * 1024);
        try
        {
            while (true)
            {
                // Cancel only the wait: cancelling the receive would abort the socket, and a close frame could not be sent.
                ValueWebSocketReceiveResult part = await socket.ReceiveAsync(
                    message.GetMemory(4096), CancellationToken.None).AsTask().WaitAsync(cancellationToken);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    await CloseAsync(socket);
                    return IsFinished(socket) ? null : $"the server closed it with {Describe(socket)}";
                }

                message.Advance(part.Count);
                if (message.WrittenCount > MaxMessageBytes) return "received a message larger than 64 MiB";
                if (!part.EndOfMessage) continue;
                backoff.Reset();
                bool more = show(message.WrittenMemory);
                message.ResetWrittenCount();
                if (more) continue;
                await CloseAsync(socket);
                return null;
            }
        }
        catch (WebSocketException fault)
        {
            return Describe(fault);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await CloseAsync(socket);
            return null;
        }
        finally
        {
            // A connection that lasted this long was good, even if no message was received.
            if (terminal.Time.GetElapsedTime(since) > Backoff.Cap) backoff.Reset();
        }
    }

    /// <summary>Whether the server has finished: the relay closes a connection to one execution with 1000 when the execution ends.</summary>
    private bool IsFinished(ClientWebSocket socket) =>
        socket.CloseStatus == WebSocketCloseStatus.NormalClosure && url.AbsolutePath.Contains("/executions/", StringComparison.Ordinal);

    private async Task CloseAsync(ClientWebSocket socket)
    {
        using var deadline = new CancellationTokenSource(CloseTimeout, terminal.Time);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, deadline.Token);
        }
        catch (Exception closed) when (closed is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            // The connection has ended without a close handshake.
        }
    }

    private static string Describe(ClientWebSocket socket)
    {
        string code = socket.CloseStatus is { } status ? ((int)status).ToString(CultureInfo.InvariantCulture) : "no code";
        return string.IsNullOrEmpty(socket.CloseStatusDescription) ? code : $"{code} ({socket.CloseStatusDescription})";
    }

    private static string Describe(Exception fault)
    {
        for (Exception? cause = fault; cause is not null; cause = cause.InnerException)
        {
            // SslStream has no other sign of a server that does not use TLS.
            if (cause is AuthenticationException && cause.Message.Contains("frame size", StringComparison.Ordinal))
            {
                return "the server does not use TLS on this port; use ws:// instead of wss://";
            }

            if (cause is UnixSocketException or SocketException or AuthenticationException) return cause.Message.TrimEnd('.');
            if (cause is HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded })
            {
                return "the server closed the connection without a response; if it uses TLS, use wss:// instead of ws://";
            }
        }

        return fault.Message.TrimEnd('.');
    }

    private Task WriteNoticeAsync(string text) => terminal.Error.WriteLineAsync($"-- {text}");
}
