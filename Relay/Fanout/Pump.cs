using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Cecelia.Relay.Recording;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// A thread that sends. It owns its clients: no other thread sends to their sinks. In each round it serves the clients that were woken (new, writable again,
/// with a frame of their own, or to be removed) and the views that have grown; then it sleeps until there is work. It never waits for a client.
/// </summary>
internal sealed partial class Pump : IDisposable
{
    private readonly ConcurrentQueue<Client> _woken = new();
    private readonly ConcurrentQueue<PumpedView> _dirty = new();
    private readonly AutoResetEvent _work = new(false);
    private readonly Thread _thread;
    private readonly ILogger<Pump> _logger;
    private OutboundBuffer? _heldBuffer;
    private Segment? _held;
    private long _delivered;
    private long _missed;
    private long _faults;
    private readonly Action<long> _lagged;
    private volatile bool _sleeping;
    private volatile bool _stopping;

    /// <param name="name">Name of the thread.</param>
    /// <param name="lagged">
    /// Called after each round of a view with the timestamp, in Unix milliseconds, of the first event of that round, when it is known.
    /// </param>
    /// <param name="logger">Logs faults.</param>
    /// <param name="notes">Receives the notes of the recording; null without one.</param>
    public Pump(string name, Action<long> lagged, ILogger<Pump> logger, PumpNotes? notes = null)
    {
        Notes = notes;
        _logger = logger;
        _lagged = lagged;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>The notes of the recording; null without one.</summary>
    public PumpNotes? Notes { get; }

    /// <summary>Number of events handed to the clients' transports. Any thread.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Number of faults caught, each of which ended at most one client's connection. Any thread.</summary>
    public long Faults => Volatile.Read(ref _faults);

    /// <summary>Number of events that clients lost because they were too slow. Any thread.</summary>
    public long Missed => Volatile.Read(ref _missed);

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Stops the thread after its current round. May be called more than once.</summary>
    public void Stop()
    {
        if (_stopping) return;
        _stopping = true;
        _work.Set();
        if (_thread.IsAlive) _thread.Join();
    }

    /// <summary>
    /// Stops the thread if it is running, and releases resources. Separate from <see cref="Stop"/>, because clients may still wake a pump that has stopped.
    /// </summary>
    public void Dispose()
    {
        Stop();
        _work.Dispose();
    }

    /// <summary>Queues a client to be served. For <see cref="Client"/>. Any thread.</summary>
    public void Enqueue(Client client)
    {
        _woken.Enqueue(client);
        Wake();
    }

    /// <summary>Queues a view whose buffer has grown. For <see cref="PumpedView"/>. Any thread.</summary>
    public void Enqueue(PumpedView view)
    {
        _dirty.Enqueue(view);
        Wake();
    }

    /// <summary>
    /// Calls <see cref="OutboundBuffer.TryHold"/>, and keeps the segment held until another one is needed or the round ends: most clients of a round are at
    /// the same segment, so the buffer's lock is taken once a round rather than once a client. For this pump's thread.
    /// </summary>
    public bool TryHold(OutboundBuffer buffer, ref BufferOffset offset, [NotNullWhen(true)] out Segment? segment, out long missed)
    {
        missed = 0;
        segment = _held;
        if (buffer == _heldBuffer && segment is not null && offset.Segment == segment.Number && offset.Offset < segment.Committed.Bytes) return true;
        ReleaseHeld();
        if (!buffer.TryHold(ref offset, out segment, out missed)) return false;
        (_heldBuffer, _held) = (buffer, segment);
        return true;
    }

    /// <summary>Counts frames handed to a transport. For this pump's thread.</summary>
    public void CountDelivered(long frames) => Volatile.Write(ref _delivered, _delivered + frames);

    /// <summary>Counts frames that a client lost. For this pump's thread.</summary>
    public void CountMissed(long frames) => Volatile.Write(ref _missed, _missed + frames);

    private void Wake()
    {
        // Pairs with the fence in Run: either this method sees that the pump sleeps, or the pump sees the work.
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
                if (_woken.IsEmpty && _dirty.IsEmpty && !_stopping) _work.WaitOne(Notes?.MaxSleepMs ?? Timeout.Infinite);
                _sleeping = false;
            }

            // Before the queues are read: every view that has grown by what was flushed until now is in them.
            Notes?.BeginRound();
            while (_woken.TryDequeue(out Client? client)) Serve(client);
            while (_dirty.TryDequeue(out PumpedView? view)) Serve(view);
            ReleaseHeld();
            Notes?.EndRound();
        }
    }

    private void Serve(PumpedView view)
    {
        long oldestMs = view.Clean();
        TracedEvent? traced = view.TakeTraced();
        // From the end: a client that moves to another view is replaced by the last one, which has been served by then.
        for (int i = view.Clients.Count - 1; i >= 0; i--)
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
            traced?.RecordRound(view.View, view.Clients.Count);
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
        // A late response, such as the ack of a command. The client's socket may be closed and its descriptor reused for another connection.
        if (client.IsRemoved) return;
        if (client.Removal is { } removal)
        {
            // Sends the last frame, usually a close frame, if the transport takes it without waiting.
            client.Drain();
            client.View.Remove(client);
            client.NoteEnd();
            client.Sink.Dispose();
            client.ReleaseAll();
            removal.TrySetResult();
            return;
        }

        if (client.Index < 0) client.View.Add(client);
        client.Drain();
    }

    /// <summary>Ends the connection of a client with a fault, which is a bug or a lack of memory. The other clients are not affected.</summary>
    private void Fail(Client client, Exception fault)
    {
        Report(fault);
        try
        {
            client.Fail();
            // RemoveAsync's caller waits for a client that was to be removed.
            if (client.Removal is not null) ServeWoken(client);
        }
        catch (Exception second)
        {
            Report(second);
        }
    }

    /// <summary>Counts and logs a fault. Does not throw.</summary>
    private void Report(Exception fault)
    {
        Volatile.Write(ref _faults, _faults + 1);
        try
        {
            LogFault(_logger, fault);
        }
        catch (Exception)
        {
            // There may be no memory for a log line; the fault is counted anyway.
        }
    }

    private void ReleaseHeld()
    {
        _held?.Release();
        _held = null;
        _heldBuffer = null;
    }
}
