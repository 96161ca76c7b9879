using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Cecelia.Relay.Bench.Load;

namespace Cecelia.Relay.Bench.Sending;

/// <summary>
/// Measures one <c>send</c> of a small frame to each of many connected sockets, in processor time of the sending thread. On the loopback interface that
/// includes the receiving half, which the kernel runs on the same thread. To measure the sending half, packets are dropped where they arrive. Linux only.
/// </summary>
internal sealed partial class SendCost : IDisposable
{
    /// <summary>Frames to each socket in one round: a new connection may send ten packets before the first is acknowledged (RFC 6928).</summary>
    private const int FramesPerRound = 8;

    private const int FrameBytes = 204;
    private const int ThreadClock = 3;
    private static readonly TimeSpan ReceiveDeadline = TimeSpan.FromSeconds(30);
    private const string Table = "send_cost";

    private readonly Socket[] _senders;
    private readonly Socket[] _receivers;
    private readonly byte[] _frame = GC.AllocateArray<byte>(FrameBytes, pinned: true);

    private long _sent;
    private long _received;

    private SendCost(Socket[] senders, Socket[] receivers)
    {
        (_senders, _receivers) = (senders, receivers);
        foreach (Socket receiver in receivers) _ = ReceiveAsync(receiver);
    }

    /// <summary>Connects pairs of sockets on the loopback interface.</summary>
    public static SendCost OverTcp(int pairs)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return Connect(pairs, listener, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
    }

    /// <summary>Connects pairs of sockets through a file, which is deleted.</summary>
    public static SendCost OverUnixSocket(int pairs)
    {
        string path = Path.Combine(Path.GetTempPath(), $"send-cost-{Environment.ProcessId}.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        return Connect(pairs, listener, () => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
    }

    /// <summary>Returns the processor time of one <c>send</c>, in microseconds: the median of some rounds.</summary>
    public double Measure(int rounds)
    {
        var each = new double[rounds];
        Round();
        for (int round = 0; round < rounds; round++) each[round] = Round();
        Array.Sort(each);
        return each[rounds / 2];
    }

    /// <summary>Like <see cref="Measure"/>, while packets are dropped where they arrive. Needs a network namespace of its own, and root.</summary>
    /// <exception cref="BenchException">Packets cannot be dropped.</exception>
    public double MeasureSendingHalf(int rounds)
    {
        var each = new double[rounds];
        for (int round = -1; round < rounds; round++)
        {
            Run("nft", "add", "table", "netdev", Table);
            Run("nft", "add", "chain", "netdev", Table, "arrivals", "{ type filter hook ingress device lo priority 0; policy drop; }");
            double cost;
            try
            {
                cost = Send();
            }
            finally
            {
                Run("nft", "delete", "table", "netdev", Table);
            }

            // The packets are sent again, by the kernel.
            WaitUntilReceived();
            if (round >= 0) each[round] = cost;
        }

        Array.Sort(each);
        return each[rounds / 2];
    }

    public void Dispose()
    {
        foreach (Socket socket in _senders) socket.Dispose();
        foreach (Socket socket in _receivers) socket.Dispose();
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="BenchException">It is not installed, or it failed.</exception>
    public static void Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0) throw new BenchException($"{program} {string.Join(' ', arguments)} failed: {error.Trim()}");
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new BenchException($"{program} cannot be started: {failure.Message}. On Debian: sudo apt-get install iproute2 nftables");
        }
    }

    private static SendCost Connect(int pairs, Socket listener, Func<Socket> create)
    {
        listener.Listen(pairs);
        var senders = new Socket[pairs];
        var receivers = new Socket[pairs];
        for (int i = 0; i < pairs; i++)
        {
            receivers[i] = create();
            receivers[i].Connect(listener.LocalEndPoint!);
            senders[i] = listener.Accept();
            if (listener.AddressFamily == AddressFamily.InterNetwork) senders[i].NoDelay = true;
        }

        return new SendCost(senders, receivers);
    }

    private double Round()
    {
        double cost = Send();
        WaitUntilReceived();
        return cost;
    }

    private unsafe double Send()
    {
        _sent += FramesPerRound * FrameBytes * _senders.Length;
        long before = ThreadNanoseconds();
        fixed (byte* frame = _frame)
        {
            for (int n = 0; n < FramesPerRound; n++)
            {
                foreach (Socket sender in _senders)
                {
                    if (Send((int)sender.Handle, frame, FrameBytes, 0) != FrameBytes) throw new BenchException("A send was not complete.");
                }
            }
        }

        return (ThreadNanoseconds() - before) / 1000.0 / (FramesPerRound * _senders.Length);
    }

    /// <summary>Waits, outside of the measured time, until all frames have been received. A frame that was dropped is sent again by the kernel.</summary>
    private void WaitUntilReceived()
    {
        long start = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref _received) < _sent)
        {
            if (Stopwatch.GetElapsedTime(start) > ReceiveDeadline) throw new BenchException("Not all frames were received.");
            Thread.Sleep(1);
        }
    }

    /// <summary>Reads until the socket is closed. Each arrival wakes a thread, as in any program that reads many sockets.</summary>
    private async Task ReceiveAsync(Socket receiver)
    {
        byte[] buffer = new byte[FramesPerRound * FrameBytes];
        try
        {
            while (true) Interlocked.Add(ref _received, await receiver.ReceiveAsync(buffer));
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The measurement has ended.
        }
    }

    private static long ThreadNanoseconds()
    {
        _ = ClockGetTime(ThreadClock, out TimeSpec time);
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "send")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint Send(int descriptor, byte* bytes, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    /// <summary>timespec of the C library, on 64-bit systems.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}
