using System.Net;
using System.Net.Sockets;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Opens a TCP connection with several attempts. After a host has returned under a new address (a restarted container), an attempt at the old address hangs
/// for longer than Redis was away. So while no attempt is answered, further ones start, each of which resolves the name again.
/// </summary>
internal static class RedisConnector
{
    /// <summary>
    /// Delay before the next attempt. Most handshakes take less, so most calls make one attempt. A Redis that hangs but whose kernel accepts connections is
    /// not tried again.
    /// </summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Maximum number of threads for lookups. A lookup cannot be cancelled, and may hang for ten seconds when the name server does.</summary>
    private static readonly SemaphoreSlim Lookups = new(8);

    /// <summary>Returns a connected socket, which the caller owns.</summary>
    /// <exception cref="SocketException">An attempt failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled. The caller sets the deadline this way; without one this may never return.</exception>
    public static Task<Socket> ConnectAsync(EndPoint host, TimeProvider time, CancellationToken cancellationToken) =>
        ConnectAsync((attempt, token) => OpenAsync(host, attempt, token), time, cancellationToken);

    /// <summary>Returns the result of the first attempt to end. The others are cancelled and closed. Attempts are numbered from 0.</summary>
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
            // Ends with the cancellation and never faults.
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
            // Of several addresses, each attempt begins with a different one: the first may be the one that hangs.
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

    /// <summary>Resolves a name on its own thread: .NET queues asynchronous lookups for one name, each behind one that hangs.</summary>
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
            // The thread did not start, so it does not release its slot itself.
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
