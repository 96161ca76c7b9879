using System.Net;
using System.Net.Sockets;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Opens a TCP connection without trusting its first attempt. A host that came back under a new address (a container that was restarted) leaves an
/// attempt at the old one hanging, for longer than Redis was away; so as long as none is answered, another one starts, which resolves the name anew.
/// </summary>
internal static class RedisDial
{
    /// <summary>Most handshakes take less, so most calls make one attempt. A Redis that hangs but whose kernel accepts is not asked again for it.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>A connected socket, which the caller owns.</summary>
    /// <exception cref="SocketException">An attempt failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, which is also how the caller sets a deadline: without one this may never return.</exception>
    public static Task<Socket> ConnectAsync(EndPoint host, TimeProvider time, CancellationToken cancellationToken) =>
        ConnectAsync(token => OpenAsync(host, token), time, cancellationToken);

    /// <summary>The first attempt to end decides, whichever it is; the others are cancelled and closed.</summary>
    public static async Task<Socket> ConnectAsync(Func<CancellationToken, Task<Socket>> open, TimeProvider time, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task<Socket>> attempts = [];
        Task<Socket>? first = null;
        try
        {
            while (first is null)
            {
                attempts.Add(open(enough.Token));
                await Task.WhenAny([.. attempts, Task.Delay(Interval, time, enough.Token)]);
                first = attempts.Find(attempt => attempt.IsCompleted);
            }

            return await first;
        }
        finally
        {
            await enough.CancelAsync();
            // Ends with the cancellation, and never fails.
            foreach (Task<Socket> late in attempts.Where(attempt => attempt != first)) _ = CloseAsync(late);
        }
    }

    private static async Task<Socket> OpenAsync(EndPoint host, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task CloseAsync(Task<Socket> late)
    {
        await ((Task)late).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (late.IsCompletedSuccessfully) (await late).Dispose();
    }
}
