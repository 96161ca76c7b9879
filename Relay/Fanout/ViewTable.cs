using System.Collections.Concurrent;
using Cecelia.Relay.Events;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Fanout;

/// <summary>The views that somebody watches. Connections acquire and release them from any thread; the ingest thread finds those that an event belongs to.</summary>
internal sealed class ViewTable(FanoutOptions options, SegmentPool pool, PumpSet pumps)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ViewKind, View> _views = [];
    private readonly FilterIndex<View> _index = new();
    private readonly HashSet<View> _rich = [];
    private readonly ConcurrentQueue<View> _ended = new();
    private long _filterBytes;

    /// <summary>Views in use. Any thread.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _views.Count;
        }
    }

    /// <summary>Memory of the filters of all views, in bytes, as <see cref="Filter.Bytes"/> counts it. Any thread.</summary>
    public long FilterBytes => Volatile.Read(ref _filterBytes);

    /// <summary>
    /// The view of that kind, made if nobody has it yet: then <paramref name="wholeFrom"/> is the number of the journal's next entry. Null when there is no room
    /// for another filter.
    /// </summary>
    public View? Acquire(ViewKind kind, long wholeFrom)
    {
        lock (_gate)
        {
            if (!_views.TryGetValue(kind, out View? view))
            {
                if (kind.Filter.Bytes > 0 && _filterBytes + kind.Filter.Bytes > options.FilterBytes) return null;
                view = new View(kind, wholeFrom, options, pool, pumps);
                // What may fail for lack of memory comes first, so that all tables have the view or none.
                _views.EnsureCapacity(_views.Count + 1);
                _rich.EnsureCapacity(_rich.Count + 1);
                _index.Add(kind.Filter, view);
                _views.Add(kind, view);
                if (kind.Format == WireFormat.Subprotocol) _rich.Add(view);
                _filterBytes += kind.Filter.Bytes;
            }

            view.References++;
            return view;
        }
    }

    /// <summary>Gives a view back, once no pump will look at it for that client any more.</summary>
    public void Release(View view)
    {
        lock (_gate)
        {
            if (--view.References > 0) return;
            _views.Remove(view.Kind);
            _index.Remove(view.Kind.Filter, view);
            _rich.Remove(view);
            _filterBytes -= view.Kind.Filter.Bytes;
        }

        _ended.Enqueue(view);
    }

    /// <summary>Puts the views that want the event into <paramref name="found"/>, which is emptied first. For the ingest thread.</summary>
    public void Find(DecodedEvent e, List<View> found)
    {
        found.Clear();
        // Taken against connections that come and go, not against other events: nobody waits for long on either side.
        lock (_gate) _index.Find(e, found);
    }

    /// <summary>Puts the views whose clients speak the subprotocol into <paramref name="found"/>, which is emptied first.</summary>
    public void FindSubprotocol(List<View> found)
    {
        found.Clear();
        lock (_gate) found.AddRange(_rich);
    }

    /// <summary>Puts all views into <paramref name="found"/>, which is emptied first.</summary>
    public void FindAll(List<View> found)
    {
        found.Clear();
        lock (_gate) found.AddRange(_views.Values);
    }

    /// <summary>Some views have ended and not been cleared yet.</summary>
    public bool HasEnded => !_ended.IsEmpty;

    /// <summary>Gives back the memory of views that ended. For the ingest thread, often: only it may touch a log's writing end.</summary>
    public void ClearEnded()
    {
        while (_ended.TryDequeue(out View? ended)) ended.Buffer.Clear();
    }

    /// <summary>Gives back the memory of events past their age. For the ingest thread, now and then.</summary>
    public void Trim(long nowMs, List<View> scratch)
    {
        FindAll(scratch);
        foreach (View view in scratch) view.Buffer.Trim(nowMs);
        scratch.Clear();
    }
}
