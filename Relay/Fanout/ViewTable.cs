using System.Collections.Concurrent;
using Cecelia.Relay.Events;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Fanout;

/// <summary>The views that have clients. Connections acquire and release them from any thread; the ingest thread finds those that want an event.</summary>
internal sealed class ViewTable(FanoutOptions options, SegmentPool pool, PumpSet pumps)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ViewKind, View> _views = [];
    private readonly FilterIndex<View> _index = new();
    private readonly HashSet<View> _subprotocol = [];
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
    /// Returns the view of a kind, and creates it if there is none yet: then <paramref name="completeFrom"/> is the number of the journal's next entry.
    /// Returns null if there is no room for another filter.
    /// </summary>
    public View? Acquire(ViewKind kind, long completeFrom)
    {
        lock (_gate)
        {
            if (!_views.TryGetValue(kind, out View? view))
            {
                if (kind.Filter.Bytes > 0 && _filterBytes + kind.Filter.Bytes > options.FilterBytes) return null;
                view = new View(kind, completeFrom, options, pool, pumps);
                // Everything that may fail for lack of memory is done first, so that either all tables have the view or none.
                _views.EnsureCapacity(_views.Count + 1);
                _subprotocol.EnsureCapacity(_subprotocol.Count + 1);
                _index.Add(kind.Filter, view);
                _views.Add(kind, view);
                if (kind.Format == WireFormat.Subprotocol) _subprotocol.Add(view);
                _filterBytes += kind.Filter.Bytes;
            }

            view.References++;
            return view;
        }
    }

    /// <summary>Releases a view. Must be called after the pump has removed the client.</summary>
    public void Release(View view)
    {
        lock (_gate)
        {
            if (--view.References > 0) return;
            _views.Remove(view.Kind);
            _index.Remove(view.Kind.Filter, view);
            _subprotocol.Remove(view);
            _filterBytes -= view.Kind.Filter.Bytes;
        }

        _ended.Enqueue(view);
    }

    /// <summary>Adds the views that want the event to <paramref name="found"/>, which is emptied first. For the ingest thread.</summary>
    public void Find(DecodedEvent e, List<View> found)
    {
        found.Clear();
        // The lock is contended only by connections that open and close, not by other events: neither side waits long.
        lock (_gate) _index.Find(e, found);
    }

    /// <summary>Adds the views whose clients use the subprotocol to <paramref name="found"/>, which is emptied first.</summary>
    public void FindSubprotocol(List<View> found)
    {
        found.Clear();
        lock (_gate) found.AddRange(_subprotocol);
    }

    /// <summary>Adds all views to <paramref name="found"/>, which is emptied first.</summary>
    public void FindAll(List<View> found)
    {
        found.Clear();
        lock (_gate) found.AddRange(_views.Values);
    }

    /// <summary>True if views have ended and their memory has not been released yet.</summary>
    public bool HasEnded => !_ended.IsEmpty;

    /// <summary>Releases the memory of views that have ended. For the ingest thread, since only that thread may write to a buffer. Called often.</summary>
    public void ClearEnded()
    {
        while (_ended.TryDequeue(out View? ended)) ended.Buffer.Clear();
    }

    /// <summary>Drops the frames that have exceeded their age. For the ingest thread, periodically.</summary>
    public void Trim(long nowMs, List<View> scratch)
    {
        FindAll(scratch);
        foreach (View view in scratch) view.Buffer.Trim(nowMs);
        scratch.Clear();
    }
}
