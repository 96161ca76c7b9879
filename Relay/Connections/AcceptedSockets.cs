using Cecelia.Relay.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace Cecelia.Relay.Connections;

/// <summary>
/// The one count of accepted sockets, whatever they carry: silent peers, HTTP requests, WebSockets, event streams. It pauses accepting while there is no room for
/// another, and closes the sockets of peers that send no request. Thread-safe.
/// </summary>
/// <remarks>
/// There is no room while <see cref="ConnectionOptions.MaxSockets"/> are open, or while descriptors have run into the <see cref="DescriptorReserve"/> for another reason.
/// </remarks>
internal sealed partial class AcceptedSockets : IDisposable
{
    /// <summary>While accepting is paused, a peer without a request is closed after this time, and cut after twice that, so that others have their turn.</summary>
    private static readonly TimeSpan IdleLimitWhilePaused = TimeSpan.FromSeconds(0.5);

    /// <summary>Kestrel's deadlines are late by up to two of its heartbeats.</summary>
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

    /// <summary>Sockets that are open now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>True while no connection is accepted for lack of room.</summary>
    public bool Paused => Volatile.Read(ref _room) is not null;

    /// <summary>How often accepting was paused.</summary>
    public long Pauses => Volatile.Read(ref _pauses);

    /// <summary>How many sockets were cut for this reason.</summary>
    public long CutFor(SocketCut reason) => Volatile.Read(ref _cut[(int)reason]);

    /// <summary>Counts a socket that somebody else closes for this reason.</summary>
    public void Cut(SocketCut reason) => Interlocked.Increment(ref _cut[(int)reason]);

    /// <summary>Returns when another socket may be accepted.</summary>
    public async ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        while (FindPause() is { } pause) await pause.WaitAsync(cancellationToken);
    }

    /// <summary>Counts an accepted connection until the returned one is disposed.</summary>
    /// <param name="connection">Owned by the returned one.</param>
    /// <param name="descriptor">The number of its socket.</param>
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

    /// <summary>Pauses accepting after a failure of the system to accept: no descriptor or no memory was left.</summary>
    public void AcceptFailed()
    {
        lock (_gate) _short = true;
    }

    public void Remove(AcceptedSocket socket)
    {
        TaskCompletionSource? ended = null;
        lock (_gate)
        {
            Volatile.Write(ref _count, _count - 1);
            RemoveWaiting(socket);
            socket.Removed = true;
            if (_room is not null && HasRoom && _count <= _options.MaxSockets - PlacesToResume) (ended, _room) = (_room, null);
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
    /// So many free places end a pause at once. Waiting for the next sweep instead would accept no more than <see cref="ConnectionOptions.MaxSockets"/> in a quarter of
    /// a second: 16 peers a second with four places, while thousands may wait that have gone long ago.
    /// </summary>
    private int PlacesToResume => Math.Max(1, _options.MaxSockets / 64);

    private bool HasRoom => !_short && (_options.MaxSockets == 0 || _count < _options.MaxSockets);

    /// <summary>Null: there is room. Otherwise ends when there may be some.</summary>
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
            // Only once: pauses that follow each other faster than the period must not put the sweep off for ever.
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
        // A sweep that takes longer than the period is not joined by another.
        if (Interlocked.Exchange(ref _sweeping, 1) == 1) return;
        try
        {
            FindOverdue();
            foreach (AcceptedSocket socket in _closing) socket.RequestClose();
            foreach (AcceptedSocket socket in _overdue) socket.Abort(new ConnectionAbortedException("No request came in time."));
            bool isShort = _reserve.IsShort();
            lock (_gate) _short = isShort;
            EndPause();
        }
        catch (OutOfMemoryException)
        {
            // The next sweep does what this one could not. An exception here would end the process.
        }
        finally
        {
            _closing.Clear();
            _overdue.Clear();
            Volatile.Write(ref _sweeping, 0);
        }
    }

    /// <summary>
    /// Finds the sockets that are to be closed, and those that were and are still there. Kestrel closes one at once that waits for a request, and answers one with 408
    /// whose request has begun and does not end; a peer inside TLS notices nothing of that.
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
                    // Kestrel closes a socket that has been idle for so long, or whose next request does not end. It waits for one whose peer does not read: for an
                    // HTTP/2 response to end, or, once it has closed the socket, for the transport to send what it holds.
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

    /// <summary>Ends the pause when there is room, and the short period when there is no pause.</summary>
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
        "Accepting is paused: {Count} sockets are open of {Most}, or descriptors are short. Peers without a request are closed; others wait to be accepted",
        EventName = "AcceptingPaused")]
    private static partial void LogPaused(ILogger logger, int count, int most);
}
