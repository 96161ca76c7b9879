using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Cecelia.Relay.Connections;

/// <summary>
/// A transport connection that counts as one of <see cref="AcceptedSockets"/> until it is disposed. It is one of its own features, so that a request can find
/// its socket. Thread-safe, except for the members of <see cref="ConnectionContext"/> that are for a single user.
/// </summary>
internal sealed class AcceptedSocket : ConnectionContext
{
    private readonly AcceptedSockets _all;
    private readonly ConnectionContext _inner;
    private int _disposed;

    /// <param name="all">The set that counts it.</param>
    /// <param name="inner">The transport's connection, which this object owns.</param>
    /// <param name="now">The current timestamp.</param>
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

    /// <summary>Number of requests in progress. This property and the next five are used by <see cref="AcceptedSockets"/> only, under its lock.</summary>
    public int Requests { get; set; }

    /// <summary>True after a request has begun.</summary>
    public bool Served { get; set; }

    /// <summary>Timestamp of the acceptance, of the end of the TLS handshake, or of the end of the last request, whichever is latest.</summary>
    public long Since { get; set; }

    /// <summary>Index in the list of sockets without a request; negative if it is not in the list.</summary>
    public int WaitingIndex { get; set; } = -1;

    /// <summary>True after <see cref="RequestClose"/>, until the next request.</summary>
    public bool Closing { get; set; }

    /// <summary>True after it has stopped counting, or has been detached.</summary>
    public bool Removed { get; set; }

    /// <summary>Aborts the connection when its socket accepts no data for <paramref name="limit"/>. Called once, before anything is sent.</summary>
    public void LimitOutput(TimeSpan limit, TimeProvider time) => Transport = new TimedOutput(Transport, Abort, limit, time);

    /// <summary>Restarts the handshake timeout after TLS is complete, for the request.</summary>
    public void Secured() => _all.Restart(this);

    /// <summary>Closes the connection as soon as no request is in progress. Does nothing before TLS is complete.</summary>
    public void RequestClose() => _inner.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();

    public void BeginRequest() => _all.BeginRequest(this);

    public void EndRequest() => _all.EndRequest(this);

    /// <summary>Keeps counting it when it is disposed, until <see cref="AcceptedSockets.RemoveDetached"/> is called. Called once, within a request.</summary>
    public void Detach() => _all.Detach(this);

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
