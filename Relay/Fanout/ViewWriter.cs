using Cecelia.Relay.Events;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.State;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// Appends the frames of events and relay messages to the outbound buffers of views. Owned by <see cref="Timeline"/>, which calls all members that append
/// under its lock; the others say who may call them. Allocates nothing for an event once its buffers have grown.
/// </summary>
internal sealed class ViewWriter(StateTable state, int compressionMinBytes) : IDisposable
{
    private readonly EventFrames _frames = new(compressionMinBytes);
    private readonly ExecutionFrames _executions = new(state, compressionMinBytes);
    private readonly List<View> _grown = [];
    private long _round = 1;
    private long _lostFrames;
    private Exception? _fault;

    /// <summary>Frames that could not be made. Any thread.</summary>
    public long LostFrames => Volatile.Read(ref _lostFrames);

    /// <summary>Makes room for an event that goes to this number of views, so that <see cref="AppendEvent"/> needs no memory for its bookkeeping.</summary>
    public void Reserve(int views) => _grown.EnsureCapacity(_grown.Count + views);

    /// <summary>Appends an event to each of the views. A view that fails loses the frame; the others get it.</summary>
    /// <param name="e">An event that the state has applied.</param>
    /// <param name="views">The views that want it.</param>
    /// <param name="position">Its position.</param>
    /// <param name="entry">Its number in the journal.</param>
    /// <param name="nowMs">When it was accepted, in Unix milliseconds.</param>
    /// <param name="traced">The record of its trace; null if that is not continued.</param>
    public void AppendEvent(DecodedEvent e, List<View> views, StreamPosition position, long entry, long nowMs, TracedEvent? traced)
    {
        _frames.SetEvent(e, position, nowMs);
        _executions.SetEvent(e, nowMs);
        foreach (View view in views)
        {
            try
            {
                Append(view, entry, nowMs);
            }
            catch (Exception fault)
            {
                // Usually a lack of memory: it costs the clients of this view their offsets, and other clients nothing.
                Report(fault);
                MarkLost(view, entry);
            }

            if (traced is not null) view.Traced ??= traced;
            if (view.Round == _round) continue;
            view.Round = _round;
            _grown.Add(view);
        }
    }

    /// <summary>Appends a relay message to one view.</summary>
    /// <param name="view">The view.</param>
    /// <param name="notice">The message; null if there was no memory for it, so that the view's clients are sent a snapshot instead.</param>
    /// <param name="entry">Number of the journal's entry that it belongs to.</param>
    /// <param name="nowMs">Now, in Unix milliseconds.</param>
    public void AppendNotice(View view, Notice? notice, long entry, long nowMs)
    {
        // A view that has ended in the meantime may have released its memory already.
        if (view.References == 0) return;
        try
        {
            if (notice is not null) view.Buffer.Append(notice.In(view.Kind.Encoding), entry, nowMs);
            else MarkLost(view, entry);
        }
        catch (OutOfMemoryException fault)
        {
            Report(fault);
            MarkLost(view, entry);
        }
    }

    /// <summary>Notifies the pumps of the views that events were appended to since the last call. For the ingest thread, outside the lock.</summary>
    public void Flush(long timestampMs)
    {
        for (int i = _grown.Count - 1; i >= 0; i--)
        {
            View view = _grown[i];
            view.MarkDirty(timestampMs, view.Traced);
            view.Traced = null;
            _grown.RemoveAt(i);
        }

        _round++;
    }

    /// <summary>Keeps a fault for <see cref="TakeFault"/>. Any thread.</summary>
    public void Report(Exception fault) => Volatile.Write(ref _fault, fault);

    /// <summary>Returns the last fault, once. Any thread.</summary>
    public Exception? TakeFault() => Interlocked.Exchange(ref _fault, null);

    public void Dispose()
    {
        _frames.Dispose();
        _executions.Dispose();
    }

    private void Append(View view, long entry, long nowMs)
    {
        if (view.Kind.Format != WireFormat.Execution)
        {
            view.Buffer.Append(_frames.Frame(view.Kind), entry, nowMs);
        }
        else if (_executions.TryFrame(view.Kind, out ReadOnlySpan<byte> frame, out bool isFinal))
        {
            // Before the append: no client may take the final frame before it is known to be final.
            if (isFinal) view.EndsAt = view.Buffer.Head + 1;
            view.Buffer.Append(frame, entry, nowMs);
        }
    }

    private void MarkLost(View view, long entry)
    {
        view.Buffer.MarkLost(entry);
        Volatile.Write(ref _lostFrames, _lostFrames + 1);
    }
}
