using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Connections;

namespace Cecelia.Relay.Sockets;

/// <summary>
/// A connection that Kestrel serves over an <see cref="EpollSocket"/>, and that can be taken away from it: after <see cref="Release"/>, disposing it leaves
/// the socket open. It is one of its own features. Thread-safe as far as <see cref="ConnectionContext"/> is.
/// </summary>
internal sealed class EpollConnection : DefaultConnectionContext, IMemoryPoolFeature, IEpollReader
{
    private const int MinReadBytes = 4096;

    // Counts from the time of the start, so that the logs of two runs do not use a name twice.
    private static long _lastName = TimeProvider.System.GetUtcNow().Ticks;

    /// <summary>Unread input at which receiving pauses: Kestrel's own limit.</summary>
    private const int MaxInputBytes = 1024 * 1024;

    private readonly Pipe _input;
    private readonly Pipe _output;
    private readonly SocketSignal _readable = new();
    private readonly SocketSignal _writable = new();
    private readonly CancellationTokenSource _closed = new();
    private Task _receiving = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;
    private readonly Lock _abortGate = new();
    private volatile ConnectionAbortedException? _aborted;
    private volatile bool _isStopping;
    private volatile bool _isReleased;

    /// <param name="loop">Watches the socket from <see cref="Start"/> on.</param>
    /// <param name="pool">Holds the input and the output. The caller disposes it after its connections.</param>
    /// <param name="descriptor">The descriptor of a connected socket, which this object owns until it is released.</param>
    /// <param name="local">The socket's own address.</param>
    /// <param name="remote">The peer's address; null for a Unix socket.</param>
    public EpollConnection(EpollLoop loop, MemoryPool<byte> pool, int descriptor, EndPoint? local, EndPoint? remote)
        : base(Interlocked.Increment(ref _lastName).ToString("X", CultureInfo.InvariantCulture))
    {
        Socket = new EpollSocket(loop, descriptor, local is IPEndPoint, this);
        (Loop, MemoryPool) = (loop, pool);
        _input = new Pipe(
            new PipeOptions(pool, pauseWriterThreshold: MaxInputBytes, resumeWriterThreshold: MaxInputBytes / 2, useSynchronizationContext: false));
        // A flush completes when the socket has taken everything. So the response to an upgrade is sent before the pump sends frames on the same socket.
        _output = new Pipe(new PipeOptions(pool, pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
        Transport = new Duplex(_input.Reader, _output.Writer);
        ConnectionClosed = _closed.Token;
        (LocalEndPoint, RemoteEndPoint) = (local, remote);
        Features.Set(this);
        Features.Set<IMemoryPoolFeature>(this);
    }

    public EpollSocket Socket { get; }

    public MemoryPool<byte> MemoryPool { get; }

    private EpollLoop Loop { get; }

    /// <summary>Begins to receive and to send. Called once.</summary>
    /// <exception cref="IOException">The kernel is out of memory for the registration. The caller closes the socket.</exception>
    public void Start()
    {
        Loop.Add(Socket);
        _receiving = ReceiveAsync();
        _sending = SendAsync();
    }

    /// <summary>
    /// Stops receiving, and returns what has been received and not read yet. Called once, within a request that does not read, and followed by
    /// <see cref="Release"/> or by the end of the request.
    /// </summary>
    public async Task<byte[]> StopReceivingAsync()
    {
        _isStopping = true;
        _readable.Set();
        // What has been received may be as much as the pipe holds.
        _input.Writer.CancelPendingFlush();
        await _receiving;
        try
        {
            if (!_input.Reader.TryRead(out ReadResult read)) return [];
            byte[] left = read.Buffer.ToArray();
            _input.Reader.AdvanceTo(read.Buffer.End);
            return left;
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // The connection is broken, which the next reader finds as well.
            return [];
        }
    }

    /// <summary>
    /// Takes the socket away from Kestrel, which reads the end of the input from now on, and whose output is dropped. The caller continues with
    /// <see cref="EpollSocket.ContinueWith"/>, and closes the socket. After <see cref="StopReceivingAsync"/>.
    /// </summary>
    public void Release()
    {
        lock (_abortGate) _isReleased = true;
        _input.Writer.Complete();
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _aborted = abortReason;
        lock (_abortGate)
        {
            if (!_isReleased) Socket.Abort();
        }

        _output.Reader.CancelPendingRead();
    }

    public override async ValueTask DisposeAsync()
    {
        await _input.Reader.CompleteAsync();
        await _output.Writer.CompleteAsync();
        await _receiving;
        await _sending;
        if (!_isReleased) Socket.Close();
        _closed.Dispose();
        await base.DisposeAsync();
    }

    bool IEpollReader.OnReadable(Span<byte> buffer)
    {
        _readable.Set();
        return false;
    }

    void IEpollReader.OnWritable() => _writable.Set();

    void IEpollReader.OnFault() => Abort(new ConnectionAbortedException("Reading has failed."));

    private async Task ReceiveAsync()
    {
        Exception? failure = null;
        try
        {
            while (!_isStopping)
            {
                await _readable.WaitAsync();
                if (!await TryReceiveAllAsync()) break;
            }
        }
        catch (Exception fault)
        {
            // The peer reset the connection, or the process is out of memory. Kestrel gets the exception with the end of the input.
            failure = fault;
        }

        if (_isStopping && failure is null) return;
        await _input.Writer.CompleteAsync(_aborted ?? failure);
        try
        {
            await _closed.CancelAsync();
        }
        catch (AggregateException)
        {
            // A fault of what was registered with the token. The connection ends in any case.
        }
    }

    /// <summary>Receives all that has arrived. Returns false at the end of the stream.</summary>
    private async ValueTask<bool> TryReceiveAllAsync()
    {
        while (!_isStopping)
        {
            int received = Socket.Receive(_input.Writer.GetMemory(MinReadBytes).Span);
            if (received == EpollSocket.NothingYet) return true;
            if (received == EpollSocket.Broken) throw new ConnectionResetException("The peer has reset the connection.");
            if (received == 0) return false;
            _input.Writer.Advance(received);
            FlushResult flushed = await _input.Writer.FlushAsync();
            if (flushed.IsCompleted || flushed.IsCanceled) return false;
        }

        return true;
    }

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                ReadResult read = await _output.Reader.ReadAsync();
                if (read.IsCanceled) break;
                bool isSent = true;
                foreach (ReadOnlyMemory<byte> piece in read.Buffer) isSent = isSent && (_isReleased || await TrySendAsync(piece));
                _output.Reader.AdvanceTo(read.Buffer.End);
                if (!isSent || read.IsCompleted) break;
            }
        }
        catch (Exception)
        {
            // The process is out of memory. The connection is aborted below.
        }

        if (!_isReleased) Socket.Abort();
        await _output.Reader.CompleteAsync();
        // Receiving waits for Kestrel to read, which may have stopped.
        _input.Writer.CancelPendingFlush();
    }

    /// <summary>Sends all of the bytes. Returns false if the connection is broken.</summary>
    private async ValueTask<bool> TrySendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (true)
        {
            int sent = Socket.Send(bytes.Span);
            if (sent < 0) return false;
            bytes = bytes[sent..];
            if (bytes.IsEmpty) return true;
            await _writable.WaitAsync();
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
