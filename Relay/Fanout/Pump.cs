using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// A thread that sends. It owns its clients: nobody else touches their sinks. Each round it serves the clients that were woken (new, writable
/// again, with a reply, to be removed) and the views that have grown; then it sleeps until either is so. It never waits for a client.
/// </summary>
internal sealed partial class Pump : IDisposable
{
    private readonly ConcurrentQueue<Client> _woken = new();
    private readonly ConcurrentQueue<PumpedView> _dirty = new();
    private readonly AutoResetEvent _work = new(false);
    private readonly Thread _thread;
    private readonly ILogger<Pump> _logger;
    private FrameLog? _heldLog;
    private Segment? _held;
    private long _delivered;
    private long _missed;
    private readonly Action<long> _lagged;
    private volatile bool _sleeping;
    private volatile bool _stopping;

    /// <param name="name">The thread's.</param>
    /// <param name="lagged">Called after each round of a view with the timestamp, in Unix milliseconds, of the oldest event of that round.</param>
    /// <param name="logger">For faults.</param>
    public Pump(string name, Action<long> lagged, ILogger<Pump> logger)
    {
        _logger = logger;
        _lagged = lagged;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>Events handed to clients' transports. Any thread.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Events that clients lost because they were too slow. Any thread.</summary>
    public long Missed => Volatile.Read(ref _missed);

    public void Start() => _thread.Start();

    /// <summary>Ends the thread after its current round. May be called again.</summary>
    public void Stop()
    {
        if (_stopping) return;
        _stopping = true;
        _work.Set();
        if (_thread.IsAlive) _thread.Join();
    }

    /// <summary>Stops, if that has not been done. Apart from <see cref="Stop"/> because clients may still wake a pump that has stopped.</summary>
    public void Dispose()
    {
        Stop();
        _work.Dispose();
    }

    /// <summary>For <see cref="Client"/>: look at this one. Any thread.</summary>
    public void Enqueue(Client client)
    {
        _woken.Enqueue(client);
        Wake();
    }

    /// <summary>For <see cref="PumpedView"/>: its log has grown. Any thread.</summary>
    public void Enqueue(PumpedView view)
    {
        _dirty.Enqueue(view);
        Wake();
    }

    /// <summary>
    /// <see cref="FrameLog.TryHold"/>, with the segment kept held until another is asked for or the round ends: most clients of a round are at
    /// the same one, so the lock is taken once a round rather than once a client. For this pump's thread.
    /// </summary>
    public bool TryHold(FrameLog log, ref LogPosition position, [NotNullWhen(true)] out Segment? segment, out long missed)
    {
        missed = 0;
        segment = _held;
        if (log == _heldLog && segment is not null && position.Segment == segment.Number && position.Offset < segment.Committed.Bytes) return true;
        ReleaseHeld();
        if (!log.TryHold(ref position, out segment, out missed)) return false;
        (_heldLog, _held) = (log, segment);
        return true;
    }

    public void CountDelivered(long frames) => Volatile.Write(ref _delivered, _delivered + frames);

    public void CountMissed(long frames) => Volatile.Write(ref _missed, _missed + frames);

    private void Wake()
    {
        // Pairs with the fence in Run: either this sees that the pump sleeps, or the pump sees the work.
        Interlocked.MemoryBarrier();
        if (_sleeping) _work.Set();
    }

    private void Run()
    {
        while (!_stopping)
        {
            if (_woken.IsEmpty && _dirty.IsEmpty)
            {
                _sleeping = true;
                Interlocked.MemoryBarrier();
                if (_woken.IsEmpty && _dirty.IsEmpty && !_stopping) _work.WaitOne();
                _sleeping = false;
            }

            while (_woken.TryDequeue(out Client? client)) Guard(client, static client => Serve(client));
            while (_dirty.TryDequeue(out PumpedView? view))
            {
                long oldestMs = view.Clean();
                Guard(view, static view => view.Drain());
                if (oldestMs > 0) _lagged(oldestMs);
            }

            ReleaseHeld();
        }
    }

    private static void Serve(Client client)
    {
        client.Dequeued();
        if (client.Removal is { } removal)
        {
            // The last word, usually a close frame, if it goes without waiting.
            client.Drain();
            client.View.Remove(client);
            client.Sink.Dispose();
            client.Forget();
            removal.TrySetResult();
            return;
        }

        if (client.Index < 0) client.View.Add(client);
        client.Drain();
    }

    private void Guard<T>(T subject, Action<T> work)
    {
        try
        {
            work(subject);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // A bug with one client must not silence the others; the log says that there is one.
            LogFault(_logger, fault);
        }
    }

    private void ReleaseHeld()
    {
        _held?.Release();
        _held = null;
        _heldLog = null;
    }
}
