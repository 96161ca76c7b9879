using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;

namespace Cecelia.Relay.Cli;

/// <summary>A WebSocket connection that comes back by itself, and says on standard error how it stands. One run.</summary>
/// <param name="url">Where to.</param>
/// <param name="show">Takes a message, valid only during the call; false when it has seen enough.</param>
/// <param name="backoff">How long to wait before the next attempt.</param>
/// <param name="terminal">Told how the connection stands; its clock is used.</param>
internal sealed class WatchClient(Uri url, Func<ReadOnlyMemory<byte>, bool> show, Backoff backoff, Terminal terminal)
{
    /// <summary>Above what the relay can be told to accept from Redis, with its envelope.</summary>
    private const int MaxMessageBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan MostRetryAfter = TimeSpan.FromMinutes(1);

    /// <summary>The exit code.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                TimeSpan atLeast = TimeSpan.Zero;
                string fault;
                using var probe = new UpgradeProbe();
                using ClientWebSocket socket = Create();
                if (await TryConnectAsync(socket, probe, cancellationToken) is not { } refused)
                {
                    await WriteNoticeAsync($"Connected to {url}");
                    if (await ReadAllAsync(socket, cancellationToken) is not { } lost) return ExitCode.Done;
                    fault = $"Lost the connection: {lost}.";
                }
                else if (probe.Refusal is { MayPass: false } refusal)
                {
                    await WriteNoticeAsync($"{url} refused the WebSocket: {refusal}");
                    await WriteNoticeAsync("Is the address right? The relay serves ws://HOST:PORT/ws.");
                    return ExitCode.Failed;
                }
                else
                {
                    fault = probe.Refusal is null ? $"Cannot connect to {url}: {refused}." : $"{url} refused the WebSocket: {probe.Refusal}.";
                    if (probe.Refusal?.RetryAfter is { } wished) atLeast = wished < MostRetryAfter ? wished : MostRetryAfter;
                }

                TimeSpan wait = atLeast + backoff.Next();
                await WriteNoticeAsync(string.Create(CultureInfo.InvariantCulture, $"{fault} Trying again in {wait.TotalSeconds:0.0} s"));
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

    /// <summary>Null, or why not.</summary>
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
            return string.Create(CultureInfo.InvariantCulture, $"no answer within {ConnectTimeout.TotalSeconds} s");
        }
    }

    /// <summary>Null when enough was seen, otherwise how the connection was lost.</summary>
    private async Task<string?> ReadAllAsync(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        long since = terminal.Time.GetTimestamp();
        var message = new ArrayBufferWriter<byte>(16 * 1024);
        try
        {
            while (true)
            {
                // The receiving itself is not cancelled: that would abort the socket, and we want to say goodbye.
                ValueWebSocketReceiveResult part = await socket.ReceiveAsync(message.GetMemory(4096), CancellationToken.None).AsTask().WaitAsync(cancellationToken);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    await CloseAsync(socket);
                    return IsFinished(socket) ? null : $"closed by the other side with {Describe(socket)}";
                }

                message.Advance(part.Count);
                if (message.WrittenCount > MaxMessageBytes) return "a message is larger than 64 MiB";
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
            // It stood for long enough to be called good, even if nothing happened to be sent.
            if (terminal.Time.GetElapsedTime(since) > Backoff.Cap) backoff.Reset();
        }
    }

    /// <summary>The page of one execution ends with the execution: the relay closes it with 1000.</summary>
    private bool IsFinished(ClientWebSocket socket) =>
        socket.CloseStatus == WebSocketCloseStatus.NormalClosure && url.AbsolutePath.Contains("/executions/", StringComparison.Ordinal);

    private async Task CloseAsync(ClientWebSocket socket)
    {
        using var deadline = new CancellationTokenSource(CloseTimeout, terminal.Time);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, deadline.Token);
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            // Whoever is gone needs no goodbye.
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
            if (cause is SocketException or AuthenticationException) return cause.Message.TrimEnd('.');
        }

        return fault.Message.TrimEnd('.');
    }

    private Task WriteNoticeAsync(string text) => terminal.Error.WriteLineAsync($"-- {text}");
}
