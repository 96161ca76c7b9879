using Cecelia.Relay.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace Cecelia.Relay.Connections;

/// <summary>
/// All accepted sockets: silent peers, HTTP requests, WebSockets and event streams. Pauses accepting while there is no capacity for another socket, and
/// closes the sockets of peers that send no request. Thread-safe.
/// </summary>
/// <remarks>
/// There is no capacity while <see cref="ConnectionOptions.MaxSockets"/> are open, or while descriptors of the <see cref="DescriptorReserve"/> are in use.
/// </remarks>
internal sealed partial class AcceptedSockets : IDisposable
{
    /// <summary>While accepting is paused, a peer without a request is closed after this time and aborted after twice that, to make room for others.</summary>
    private static readonly TimeSpan IdleLimitWhilePaused = TimeSpan.FromSeconds(0.5);

    /// <summary>Allowance for Kestrel's deadlines, which can be late by two of its heartbeats.</summary>
    private static readonly TimeSpan KestrelDelay = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan PausedPeriod = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly List<AcceptedSocket> _waiting = [];
    private readonly List<AcceptedSocket> _closing = [];
    private readonly List<AcceptedSocket> _overdue = [];
    private readonly long[] _cut = new long[Enum.GetValues<SocketCut>().Length];
    private readonly ConnectionOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<AcceptedSockets> _logger;
    private readonly ReasonLog _pausesLogged;
    private readonly TimeSpan _period;
    private readonly ITimer _timer;
    private readonly DescriptorReserve _reserve;
    private TaskCompletionSource? _room;
    private bool _hurried;
    private bool _short;
    private int _count;
    private long _pauses;
    private int _sweeping;

    public AcceptedSockets(ConnectionOptions options, TimeProvider time, ILogger<AcceptedSockets> logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _pausesLogged = new ReasonLog(time);
        _reserve = new DescriptorReserve(options.DescriptorCeiling);
        _period = TimeSpan.FromSeconds(Math.Min(1, options.HandshakeTimeout.TotalSeconds / 4));
        _timer = time.CreateTimer(_ => Sweep(), null, _period, _period);
    }

    /// <summary>Number of open sockets.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>True while accepting is paused.</summary>
    public bool Paused => Volatile.Read(ref _room) is not null;

    /// <summary>Number of times that accepting was paused.</summary>
    public long Pauses => Volatile.Read(ref _pauses);

    /// <summary>Returns the number of sockets that were closed for this reason.</summary>
    public long CutFor(SocketCut reason) => Volatile.Read(ref _cut[(int)reason]);

    /// <summary>Counts a socket that the caller closes for this reason.</summary>
    public void Cut(SocketCut reason) => Interlocked.Increment(ref _cut[(int)reason]);

    /// <summary>Returns when another socket may be accepted.</summary>
    public async ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        while (FindPause() is { } pause) await pause.WaitAsync(cancellationToken);
    }

    /// <summary>Counts an accepted connection until the returned object is disposed.</summary>
    /// <param name="connection">The connection, which the returned object owns.</param>
    /// <param name="descriptor">The descriptor number of its socket.</param>
    public AcceptedSocket Add(ConnectionContext connection, long descriptor)
    {
        var socket = new AcceptedSocket(this, connection, _time.GetTimestamp());
        lock (_gate)
        {
            AddWaiting(socket);
            Volatile.Write(ref _count, _count + 1);
            if (_reserve.Holds(descriptor)) _short = true;
        }

        return socket;
    }

    /// <summary>Pauses accepting after the operating system failed to accept: no descriptor or no memory was left.</summary>
    public void AcceptFailed()
    {
        lock (_gate) _short = true;
    }

    public void Remove(AcceptedSocket socket)
    {
        lock (_gate)
        {
            if (socket.Removed) return;
            RemoveWaiting(socket);
            socket.Removed = true;
        }

        RemoveDetached();
    }

    /// <summary>Keeps counting a socket that leaves Kestrel, until <see cref="RemoveDetached"/> is called for it.</summary>
    public void Detach(AcceptedSocket socket)
    {
        lock (_gate) socket.Removed = true;
    }

    /// <summary>Stops counting a socket after <see cref="Detach"/>, once it is closed.</summary>
    public void RemoveDetached()
    {
        TaskCompletionSource? ended = null;
        lock (_gate)
        {
            Volatile.Write(ref _count, _count - 1);
            if (_room is not null && HasRoom && _count <= _options.MaxSockets - FreeSocketsToResume) (ended, _room) = (_room, null);
        }

        ended?.SetResult();
    }

    public void Restart(AcceptedSocket socket)
    {
        lock (_gate)
        {
            socket.Since = _time.GetTimestamp();
            socket.Closing = false;
        }
    }

    public void BeginRequest(AcceptedSocket socket)
    {
        lock (_gate)
        {
            socket.Served = true;
            socket.Closing = false;
            socket.Requests++;
            RemoveWaiting(socket);
        }
    }

    public void EndRequest(AcceptedSocket socket)
    {
        lock (_gate)
        {
            if (--socket.Requests > 0 || socket.Removed) return;
            socket.Since = _time.GetTimestamp();
            AddWaiting(socket);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _reserve.Dispose();
    }

    /// <summary>
    /// Number of free sockets that end a pause at once. Waiting for the next sweep instead would accept at most <see cref="ConnectionOptions.MaxSockets"/>
    /// sockets in a quarter of a second: 16 peers a second with a limit of four, while thousands of peers may wait that have disconnected long ago.
    /// </summary>
    private int FreeSocketsToResume => Math.Max(1, _options.MaxSockets / 64);

    private bool HasRoom => !_short && (_options.MaxSockets == 0 || _count < _options.MaxSockets);

    /// <summary>Returns null if there is capacity, otherwise a task that ends when there may be some.</summary>
    private Task? FindPause()
    {
        Task pause;
        bool mayLog;
        lock (_gate)
        {
            if (_room is not null) return _room.Task;
            if (HasRoom) return null;
            _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _pauses++;
            pause = _room.Task;
            mayLog = _pausesLogged.MayLog("");
            // Only once: pauses that follow each other faster than the period must not postpone the sweep indefinitely.
            if (!_hurried)
            {
                TimeSpan period = _period < PausedPeriod ? _period : PausedPeriod;
                _timer.Change(period, period);
                _hurried = true;
            }
        }

        if (mayLog) LogPaused(_logger, Count, _options.MaxSockets);
        return pause;
    }

    private void Sweep()
    {
        // A sweep that takes longer than the period must not overlap with the next.
        if (Interlocked.Exchange(ref _sweeping, 1) == 1) return;
        try
        {
            FindOverdue();
            foreach (AcceptedSocket socket in _closing) socket.RequestClose();
            foreach (AcceptedSocket socket in _overdue) socket.Abort(new ConnectionAbortedException("No request was received in time."));
            bool isShort = _reserve.IsShort();
            lock (_gate) _short = isShort;
            EndPause();
        }
        catch (OutOfMemoryException)
        {
            // The next sweep continues. An exception on a timer thread would end the process.
        }
        finally
        {
            _closing.Clear();
            _overdue.Clear();
            Volatile.Write(ref _sweeping, 0);
        }
    }

    /// <summary>
    /// Finds the sockets to close, and those that were asked to close and are still open. When asked, Kestrel closes a socket that waits for a request at
    /// once, and sends 408 if a request has begun and does not end; a peer in the TLS handshake is not affected.
    /// </summary>
    private void FindOverdue()
    {
        lock (_gate)
        {
            foreach (AcceptedSocket socket in _waiting)
            {
                TimeSpan waited = _time.GetElapsedTime(socket.Since);
                if (socket.Served && waited >= _options.KeepAliveTimeout + _options.HandshakeTimeout + KestrelDelay)
                {
                    // Kestrel closes a socket that has been idle for this time, or whose next request does not end. If the peer does not read, however,
                    // Kestrel waits: for an HTTP/2 response to end or, after it has closed the socket, for the transport to send its buffered data.
                    _overdue.Add(socket);
                    _cut[(int)SocketCut.Unread]++;
                    continue;
                }

                TimeSpan limit = _room is not null && IdleLimitWhilePaused < _options.HandshakeTimeout ? IdleLimitWhilePaused : _options.HandshakeTimeout;
                bool isBound = _room is not null || !socket.Served;
                if (!isBound || waited < limit) continue;
                if (!socket.Closing) _closing.Add(socket);
                else if (waited >= 2 * limit && (_room is not null || waited >= (2 * limit) + KestrelDelay)) _overdue.Add(socket);
            }

            foreach (AcceptedSocket socket in _closing)
            {
                socket.Closing = true;
                _cut[(int)(socket.Served ? SocketCut.Idle : SocketCut.Silent)]++;
            }

            foreach (AcceptedSocket socket in _overdue) RemoveWaiting(socket);
        }
    }

    /// <summary>Ends the pause if there is capacity, and the short period if there is no pause.</summary>
    private void EndPause()
    {
        TaskCompletionSource? ended;
        lock (_gate)
        {
            if (!_hurried || (_room is not null && !HasRoom)) return;
            (ended, _room) = (_room, null);
            _timer.Change(_period, _period);
            _hurried = false;
        }

        ended?.SetResult();
    }

    private void AddWaiting(AcceptedSocket socket)
    {
        socket.WaitingIndex = _waiting.Count;
        _waiting.Add(socket);
    }

    private void RemoveWaiting(AcceptedSocket socket)
    {
        if (socket.WaitingIndex < 0) return;
        AcceptedSocket last = _waiting[^1];
        _waiting[socket.WaitingIndex] = last;
        last.WaitingIndex = socket.WaitingIndex;
        _waiting.RemoveAt(_waiting.Count - 1);
        socket.WaitingIndex = -1;
    }

    [LoggerMessage(
        EventIds.AcceptingPaused,
        LogLevel.Warning,
        "Accepting is paused: {Count} of {Maximum} sockets are open, or descriptors are short. Peers without a request are closed; new peers "
            + "wait to be accepted",
        EventName = "AcceptingPaused")]
    private static partial void LogPaused(ILogger logger, int count, int maximum);
}
