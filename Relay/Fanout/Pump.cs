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
    private OutboundBuffer? _heldLog;
    private Segment? _held;
    private long _delivered;
    private long _missed;
    private long _faults;
    private readonly Action<long> _lagged;
    private volatile bool _sleeping;
    private volatile bool _stopping;

    /// <param name="name">The thread's.</param>
    /// <param name="lagged">Called after each round of a view with the timestamp, in Unix milliseconds, of the first event of that round, where that is known.</param>
    /// <param name="logger">For faults.</param>
    public Pump(string name, Action<long> lagged, ILogger<Pump> logger)
    {
        _logger = logger;
        _lagged = lagged;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>Events handed to clients' transports. Any thread.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Faults caught, each of which ended a client's connection at most. Any thread.</summary>
    public long Faults => Volatile.Read(ref _faults);

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
    /// <see cref="OutboundBuffer.TryHold"/>, with the segment kept held until another is asked for or the round ends: most clients of a round are at
    /// the same one, so the lock is taken once a round rather than once a client. For this pump's thread.
    /// </summary>
    public bool TryHold(OutboundBuffer log, ref BufferOffset position, [NotNullWhen(true)] out Segment? segment, out long missed)
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

            while (_woken.TryDequeue(out Client? client)) Serve(client);
            while (_dirty.TryDequeue(out PumpedView? view)) Serve(view);
            ReleaseHeld();
        }
    }

    private void Serve(PumpedView view)
    {
        long oldestMs = view.Clean();
        for (int i = 0; i < view.Clients.Count; i++)
        {
            Client client = view.Clients[i];
            try
            {
                client.Drain();
            }
            catch (Exception fault)
            {
                Fail(client, fault);
            }
        }

        try
        {
            if (oldestMs > 0) _lagged(oldestMs);
        }
        catch (Exception fault)
        {
            Report(fault);
        }
    }

    private void Serve(Client client)
    {
        try
        {
            ServeWoken(client);
        }
        catch (Exception fault)
        {
            Fail(client, fault);
        }
    }

    private static void ServeWoken(Client client)
    {
        client.OnDequeued();
        if (client.Removal is { } removal)
        {
            // The last word, usually a close frame, if it goes without waiting.
            client.Drain();
            client.View.Remove(client);
            client.Sink.Dispose();
            client.ReleaseAll();
            removal.TrySetResult();
            return;
        }

        if (client.Index < 0) client.View.Add(client);
        client.Drain();
    }

    /// <summary>A fault with one client, a bug or a moment without memory, ends that client's connection and costs the others nothing.</summary>
    private void Fail(Client client, Exception fault)
    {
        Report(fault);
        try
        {
            client.Fail();
            // One that was to be removed is waited for.
            if (client.Removal is not null) ServeWoken(client);
        }
        catch (Exception again)
        {
            Report(again);
        }
    }

    /// <summary>Throws nothing.</summary>
    private void Report(Exception fault)
    {
        Volatile.Write(ref _faults, _faults + 1);
        try
        {
            LogFault(_logger, fault);
        }
        catch (Exception)
        {
            // There may be no memory for a log line; the count says it.
        }
    }

    private void ReleaseHeld()
    {
        _held?.Release();
        _held = null;
        _heldLog = null;
    }
}
