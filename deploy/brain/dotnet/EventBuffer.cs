namespace Cecelia.Brain;

/// <summary>An event that has its number and is waiting to be published.</summary>
/// <param name="Seq">Its number.</param>
/// <param name="Payload">The whole envelope, as UTF-8.</param>
/// <param name="IsStep">A later event supersedes it, or it is one step of many. Steps are dropped first if there is no room.</param>
internal sealed record WaitingEvent(long Seq, byte[] Payload, bool IsStep);

/// <summary>
/// The events that are waiting to be published, in the order of their numbers, bounded in events and bytes. The front, which is being published or is next, is
/// never dropped, because Redis may already have it. Therefore the first event of a source, from which a relay counts, is never lost. Not thread-safe.
/// </summary>
internal sealed class EventBuffer(int maxEvents, long maxBytes)
{
    private readonly List<WaitingEvent> _front = [];
    private readonly Queue<WaitingEvent> _steps = new();
    private readonly Queue<WaitingEvent> _others = new();

    public int Count => _front.Count + _steps.Count + _others.Count;

    public long Bytes { get; private set; }

    /// <summary>
    /// Adds the event and returns the events dropped to make room: the oldest steps first, then the oldest others; the event itself if there is nothing else.
    /// </summary>
    public IReadOnlyList<WaitingEvent> Add(WaitingEvent e)
    {
        if (_front.Count == 0) _front.Add(e);
        else (e.IsStep ? _steps : _others).Enqueue(e);
        Bytes += e.Payload.Length;
        List<WaitingEvent>? gone = null;
        while ((Count > maxEvents || Bytes > maxBytes) && (_steps.TryDequeue(out WaitingEvent? dropped) || _others.TryDequeue(out dropped)))
        {
            Bytes -= dropped.Payload.Length;
            (gone ??= []).Add(dropped);
        }

        return gone ?? [];
    }

    /// <summary>
    /// Fills the front up to the given number of events and bytes and returns it; at least one event, if there is one. Returns the same events until
    /// <see cref="Remove"/>.
    /// </summary>
    public WaitingEvent[] Take(int most, long mostBytes)
    {
        long bytes = _front.Sum(e => (long)e.Payload.Length);
        while (_front.Count < most && Oldest() is { } queue && bytes + queue.Peek().Payload.Length <= mostBytes)
        {
            WaitingEvent next = queue.Dequeue();
            bytes += next.Payload.Length;
            _front.Add(next);
        }

        return [.. _front.Take(most)];
    }

    /// <summary>Removes that many events from the front, after Redis has received them.</summary>
    public void Remove(int published)
    {
        for (int i = 0; i < published; i++) Bytes -= _front[i].Payload.Length;
        _front.RemoveRange(0, published);
        if (_front.Count == 0 && Oldest() is { } queue) _front.Add(queue.Dequeue());
    }

    /// <summary>The queue with the oldest event; null if both are empty.</summary>
    private Queue<WaitingEvent>? Oldest()
    {
        bool hasStep = _steps.TryPeek(out WaitingEvent? step), hasOther = _others.TryPeek(out WaitingEvent? other);
        if (hasStep && (!hasOther || step!.Seq < other!.Seq)) return _steps;
        return hasOther ? _others : null;
    }
}
