using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Cecelia.Relay.Connections;

/// <summary>
/// A transport connection that counts as one of <see cref="AcceptedSockets"/> until it is disposed. It is a feature of itself, so that a request finds the
/// socket that it came by. Thread-safe but for what <see cref="ConnectionContext"/> leaves to its one user.
/// </summary>
internal sealed class AcceptedSocket : ConnectionContext
{
    private readonly AcceptedSockets _all;
    private readonly ConnectionContext _inner;
    private int _disposed;

    /// <param name="all">The count that it belongs to.</param>
    /// <param name="inner">The transport's connection; owned from here on.</param>
    /// <param name="now">A time stamp.</param>
    public AcceptedSocket(AcceptedSockets all, ConnectionContext inner, long now)
    {
        _all = all;
        _inner = inner;
        Since = now;
        inner.Features.Set(this);
    }

    public override string ConnectionId
    {
        get => _inner.ConnectionId;
        set => _inner.ConnectionId = value;
    }

    public override IFeatureCollection Features => _inner.Features;

    public override IDictionary<object, object?> Items
    {
        get => _inner.Items;
        set => _inner.Items = value;
    }

    public override IDuplexPipe Transport
    {
        get => _inner.Transport;
        set => _inner.Transport = value;
    }

    public override CancellationToken ConnectionClosed
    {
        get => _inner.ConnectionClosed;
        set => _inner.ConnectionClosed = value;
    }

    public override EndPoint? LocalEndPoint
    {
        get => _inner.LocalEndPoint;
        set => _inner.LocalEndPoint = value;
    }

    public override EndPoint? RemoteEndPoint
    {
        get => _inner.RemoteEndPoint;
        set => _inner.RemoteEndPoint = value;
    }

    /// <summary>Requests under way. Changed and read by <see cref="AcceptedSockets"/> alone, as are the next five.</summary>
    public int Requests { get; set; }

    /// <summary>True once a request has begun.</summary>
    public bool Served { get; set; }

    /// <summary>Time stamp of when it was accepted, or of the end of TLS or of the last request.</summary>
    public long Since { get; set; }

    /// <summary>Its place in the list of sockets without a request; negative: it is not in it.</summary>
    public int WaitingIndex { get; set; } = -1;

    /// <summary>True once it was asked to close, until its next request.</summary>
    public bool Closing { get; set; }

    /// <summary>True once it does not count any more.</summary>
    public bool Removed { get; set; }

    /// <summary>Aborts the connection when its socket takes nothing for <paramref name="limit"/>. Called once, before anything is sent.</summary>
    public void LimitOutput(TimeSpan limit, TimeProvider time) => Transport = new TimedOutput(Transport, Abort, limit, time);

    /// <summary>Restarts the handshake time-out: TLS is complete, and the request is due.</summary>
    public void Secured() => _all.Restart(this);

    /// <summary>Closes it as soon as no request is under way. Does nothing before TLS is complete.</summary>
    public void RequestClose() => _inner.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();

    public void BeginRequest() => _all.BeginRequest(this);

    public void EndRequest() => _all.EndRequest(this);

    public override void Abort() => _inner.Abort();

    public override void Abort(ConnectionAbortedException abortReason) => _inner.Abort(abortReason);

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        try
        {
            await _inner.DisposeAsync();
            await base.DisposeAsync();
        }
        finally
        {
            _all.Remove(this);
        }
    }
}
