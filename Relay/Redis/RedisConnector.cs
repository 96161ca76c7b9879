using System.Net;
using System.Net.Sockets;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Opens a TCP connection without trusting its first attempt. A host that came back under a new address (a container that was restarted) leaves an
/// attempt at the old one hanging, for longer than Redis was away; so as long as none is answered, another one starts, which resolves the name anew.
/// </summary>
internal static class RedisConnector
{
    /// <summary>Most handshakes take less, so most calls make one attempt. A Redis that hangs but whose kernel accepts is not asked again for it.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>A lookup cannot be cancelled, and may hang for ten seconds where the name server does: this many threads at most are spent on that.</summary>
    private static readonly SemaphoreSlim Lookups = new(8);

    /// <summary>A connected socket, which the caller owns.</summary>
    /// <exception cref="SocketException">An attempt failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, which is also how the caller sets a deadline: without one this may never return.</exception>
    public static Task<Socket> ConnectAsync(EndPoint host, TimeProvider time, CancellationToken cancellationToken) =>
        ConnectAsync((attempt, token) => OpenAsync(host, attempt, token), time, cancellationToken);

    /// <summary>The first attempt to end decides, whichever it is; the others are cancelled and closed. Attempts are numbered from 0.</summary>
    public static async Task<Socket> ConnectAsync(Func<int, CancellationToken, Task<Socket>> open, TimeProvider time, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task<Socket>> attempts = [];
        Task<Socket>? first = null;
        try
        {
            while (first is null)
            {
                attempts.Add(open(attempts.Count, enough.Token));
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

    private static async Task<Socket> OpenAsync(EndPoint host, int attempt, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (host is not DnsEndPoint name)
            {
                await socket.ConnectAsync(host, cancellationToken);
                return socket;
            }

            IPAddress[] addresses = await LookUpAsync(name.Host, cancellationToken);
            // Of several addresses, each attempt tries another one first: the first of them may be the one that hangs.
            int first = attempt % addresses.Length;
            await socket.ConnectAsync([.. addresses[first..], .. addresses[..first]], name.Port, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>On a thread of its own: the asynchronous lookups of .NET for one name stand in line, each behind one that hangs.</summary>
    private static async Task<IPAddress[]> LookUpAsync(string name, CancellationToken cancellationToken)
    {
        await Lookups.WaitAsync(cancellationToken);
        Task<IPAddress[]> lookup;
        try
        {
            lookup = Task.Factory.StartNew(LookUp, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch
        {
            // No thread: it would have given its place back.
            Lookups.Release();
            throw;
        }

        return await lookup.WaitAsync(cancellationToken);

        IPAddress[] LookUp()
        {
            try
            {
                return Dns.GetHostAddresses(name);
            }
            finally
            {
                Lookups.Release();
            }
        }
    }

    private static async Task CloseAsync(Task<Socket> late)
    {
        await ((Task)late).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (late.IsCompletedSuccessfully) (await late).Dispose();
    }
}
