using Cecelia.Relay.Access;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Connections;

/// <summary>
/// The rights of a connection, their end, and the views that the connection holds: that of its client and, while the client moves because a new token has
/// other rights, the next one. Only with access control. Thread-safe.
/// </summary>
internal sealed class ConnectionAccess
{
    private readonly Lock _gate = new();
    private readonly AccessPolicy _policy;
    private readonly TimelineReader _timeline;
    private readonly ViewKind _requested;
    private readonly List<View> _held = [];
    private volatile Grant _grant;
    private View _target;
    private int _isRenewing;
    private long _endMs;
    private long _warnMs;

    /// <param name="grant">What the request was granted.</param>
    /// <param name="requested">The view that the client asked for, without regard to its rights.</param>
    /// <param name="view">The view that it got, held for this object.</param>
    /// <param name="policy">Checks new tokens.</param>
    /// <param name="timeline">Provides the views.</param>
    public ConnectionAccess(Grant grant, ViewKind requested, View view, AccessPolicy policy, TimelineReader timeline)
    {
        (_grant, _requested, _target, _policy, _timeline) = (grant, requested, view, policy, timeline);
        _held.Add(view);
        SetDeadlines(grant);
    }

    public Grant Grant => _grant;

    /// <summary>The view that the client is in, or moves to.</summary>
    public View Target => Volatile.Read(ref _target);

    private long NowMs => _policy.Time.GetTimestamp() / (_policy.Time.TimestampFrequency / 1000);

    /// <summary>Returns the view that a client gets with some rights.</summary>
    public static ViewKind Limit(ViewKind requested, Rights rights) =>
        requested with { Filter = requested.Filter.Intersect(rights.Visible), HidesSources = rights.HidesSources };

    /// <summary>Returns what is due now. A warning is due once for each token.</summary>
    public AccessDue CheckDeadlines()
    {
        if (_grant.Ticket is { IsRevoked: true }) return AccessDue.Revoked;
        long now = NowMs;
        if (now >= Volatile.Read(ref _endMs)) return AccessDue.Expired;
        if (now < Volatile.Read(ref _warnMs)) return AccessDue.Nothing;
        Volatile.Write(ref _warnMs, long.MaxValue);
        return AccessDue.Warning;
    }

    /// <summary>Checks a token that the client sent, and uses it from now on if it is valid. The result has the grant, or the reason.</summary>
    /// <param name="token">The token.</param>
    /// <param name="use">Called with the new grant and the rights before it. Must not wait.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<AccessResult> RenewAsync(string token, Action<Grant, Rights> use, CancellationToken cancellationToken)
    {
        // One at a time, so that an older token cannot replace a newer one.
        if (Interlocked.Exchange(ref _isRenewing, 1) != 0) return _policy.Refuse(AccessFailure.Busy);
        try
        {
            AccessResult result = await _policy.ValidateAsync(token, Role.Read, cancellationToken);
            if (result.Grant is not { } grant) return result;
            if (grant.User != _grant.User) return _policy.Refuse(AccessFailure.OtherUser);
            Rights before = _grant.Rights;
            _grant = grant;
            SetDeadlines(grant);
            use(grant, before);
            return result;
        }
        finally
        {
            Volatile.Write(ref _isRenewing, 0);
        }
    }

    /// <summary>
    /// Sets the target to the view of the current rights and returns it. Returns <see cref="Target"/> unchanged if it has these rights, and null if
    /// another filter does not fit.
    /// </summary>
    public View? Retarget()
    {
        ViewKind kind = Limit(_requested, _grant.Rights);
        lock (_gate)
        {
            if (_target.Kind == kind) return _target;
            if (_timeline.Acquire(kind) is not { } view) return null;
            _held.Add(view);
            Volatile.Write(ref _target, view);
            return view;
        }
    }

    /// <summary>Continues the client from a start in a view, unless the target is another view by now.</summary>
    public void Restart(Client client, View view, StartPoint start)
    {
        // Under the lock, so that the start of an earlier target cannot replace that of a later one.
        lock (_gate)
        {
            if (view == _target) client.RestartAt(start with { View = view.OnPumpOf(client.View) });
            else start.Snapshot?.Release();
        }
    }

    /// <summary>Releases the views that the client has left. On the thread of its pump.</summary>
    public void Arrived(View at)
    {
        lock (_gate)
        {
            for (int i = _held.Count - 1; i >= 0; i--)
            {
                View view = _held[i];
                if (view == at || view == _target) continue;
                _held.RemoveAt(i);
                _timeline.Release(view);
            }
        }
    }

    /// <summary>Releases all views, after the pump has removed the client.</summary>
    public void ReleaseViews()
    {
        lock (_gate)
        {
            foreach (View view in _held) _timeline.Release(view);
            _held.Clear();
        }
    }

    private void SetDeadlines(Grant grant)
    {
        long leftMs = Math.Max(0, (long)(grant.Expires + _policy.Options.ClockSkew - _policy.Time.GetUtcNow()).TotalMilliseconds);
        long now = NowMs;
        Volatile.Write(ref _endMs, now + leftMs);
        Volatile.Write(ref _warnMs, now + leftMs - Math.Min((long)_policy.Options.Warning.TotalMilliseconds, leftMs / 2));
    }
}

/// <summary>The results of <see cref="ConnectionAccess.CheckDeadlines"/>.</summary>
internal enum AccessDue
{
    Nothing,

    /// <summary>The client is to be warned that its token expires soon.</summary>
    Warning,

    /// <summary>The token has expired.</summary>
    Expired,

    /// <summary>The ticket has been revoked.</summary>
    Revoked,
}
