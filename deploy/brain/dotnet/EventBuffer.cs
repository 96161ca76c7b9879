namespace Cecelia.Brain;

/// <summary>An event that has its number and waits to be published.</summary>
/// <param name="Seq">Its number.</param>
/// <param name="Payload">The whole envelope, as UTF-8.</param>
/// <param name="IsStep">A later event supersedes it, or it is one step of many: such go first where there is no room.</param>
internal sealed record WaitingEvent(long Seq, byte[] Payload, bool IsStep);

/// <summary>
/// What waits to be published, in the order of the numbers, bounded in events and bytes. The front, which is being published or will be next, is never
/// dropped: it may be with Redis already. So the very first event of a source is not lost, from which a relay knows where to count from. Not thread-safe.
/// </summary>
internal sealed class EventBuffer(int maxEvents, long maxBytes)
{
    private readonly List<WaitingEvent> _front = [];
    private readonly Queue<WaitingEvent> _steps = new();
    private readonly Queue<WaitingEvent> _others = new();

    public int Count => _front.Count + _steps.Count + _others.Count;

    public long Bytes { get; private set; }

    /// <summary>Adds the event, and returns those that had to go for it: the oldest steps first, then the oldest others; the event itself where there is nothing else.</summary>
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

    /// <summary>The front, filled up to so many events and bytes; one event at least, if there is one. The same again until <see cref="Remove"/>.</summary>
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

    /// <summary>Takes so many from the front, which are with Redis now.</summary>
    public void Remove(int published)
    {
        for (int i = 0; i < published; i++) Bytes -= _front[i].Payload.Length;
        _front.RemoveRange(0, published);
        if (_front.Count == 0 && Oldest() is { } queue) _front.Add(queue.Dequeue());
    }

    /// <summary>The queue in which the oldest event is; null where both are empty.</summary>
    private Queue<WaitingEvent>? Oldest()
    {
        bool hasStep = _steps.TryPeek(out WaitingEvent? step), hasOther = _others.TryPeek(out WaitingEvent? other);
        if (hasStep && (!hasOther || step!.Seq < other!.Seq)) return _steps;
        return hasOther ? _others : null;
    }
}
