using System.Net.Sockets;
using System.Net;
using Cecelia.Relay.Access;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Sockets;

namespace Cecelia.Relay.Http;

/// <summary>Carries each connection from its admission to its end, whatever its transport.</summary>
internal sealed class ConnectionLifecycle(
    ConnectionAdmission admission, PumpSet pumps, TimelineReader timeline, RelayGreetingFactory greetings, ConnectionTelemetry telemetry,
    ConnectionOrigins origins, AccessPolicy? policy = null)
{
    private Action<Connection, EpollSocket>? _endDetached;

    /// <summary>Serves one valid request until its connection has ended or continues without it, or refuses it.</summary>
    /// <param name="endpoint">The endpoint that received the request.</param>
    /// <param name="context">The request.</param>
    /// <param name="kind">The view that the client asked for.</param>
    public Task RunAsync(IConnectionEndpoint endpoint, HttpContext context, ViewKind kind)
    {
        IPAddress address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        return admission.Admit(address, endpoint.Transport) is { } refusal
            ? admission.RefuseAsync(context, refusal, endpoint.Transport)
            : ServeAsync(endpoint, context, address, kind);
    }

    /// <summary>Serves an admitted request. This is a single method because each level of awaiting costs every idle connection 150 bytes.</summary>
    private async Task ServeAsync(IConnectionEndpoint endpoint, HttpContext context, IPAddress address, ViewKind kind)
    {
        View? view = null;
        ConnectionAccess? access = null;
        StartPoint? start = null;
        Connection? connection = null;
        bool isDetached = false;
        try
        {
            if (admission.MustWait)
            {
                await admission.WaitUntilReadyAsync(context.RequestAborted);
                if (admission.Check() is { } refusal)
                {
                    await admission.RefuseAsync(context, refusal, endpoint.Transport);
                    return;
                }
            }

            RelayGreeting? greeting = greetings.Create(context, endpoint.Transport, kind);
            Grant? grant = context.FindGrant();
            view = timeline.Acquire(grant is null ? kind : ConnectionAccess.Limit(kind, grant.Rights));
            if (view is null)
            {
                await admission.RefuseAsync(context, RequestRefusal.TooManyFilters, endpoint.Transport);
                return;
            }

            if (grant is not null) access = new ConnectionAccess(grant, kind, view, policy!, timeline);
            long takeOvers = timeline.TakeOvers;
            // Take the start position before the client can see that it is connected, so that the client receives every event that is published from then on.
            start = greeting is not null
                ? await timeline.ResumeOrResetAsync(view, endpoint.FindPosition(context.Request), greeting.Hello, context.RequestAborted)
                : kind.Format == WireFormat.Execution ? timeline.StartWithSnapshot(view)
                : timeline.StartAtHead(view);
            if (start is null)
            {
                await admission.RefuseAsync(context, RequestRefusal.Overloaded, endpoint.Transport);
                return;
            }

            Stream stream = await endpoint.AcceptAsync(context, kind);
            connection = Register(endpoint, context, stream, view, start, greeting, access);
            // The client owns the start point now. A reference here would keep its snapshot alive as long as the connection, outside of every memory bound.
            start = null;
            Start(connection, takeOvers);
            isDetached = await connection.TryDetachAsync(context, _endDetached ??= EndDetached);
            if (!isDetached) await connection.RunAsync(stream);
        }
        catch (Exception gone) when (connection is null && gone is (IOException or OperationCanceledException or ObjectDisposedException or SocketException))
        {
            // The peer disconnected before a connection existed. There is nothing to count and no one to notify.
        }
        catch (Exception fault)
        {
            connection?.FailRequest();
            telemetry.Faulted(fault);
        }
        finally
        {
            try
            {
                start?.Snapshot?.Release();
                if (connection is not null && !isDetached) await connection.EndAsync();
            }
            finally
            {
                // Runs even if a step above has failed: whatever is not released here leaks.
                if (!isDetached)
                {
                    if (connection is not null) Unregister(connection);
                    if (access is not null) access.ReleaseViews();
                    else if (view is not null) timeline.Release(view);
                    admission.Release(address, endpoint.Transport);
                }
            }
        }
    }

    private void EndDetached(Connection connection, EpollSocket socket) => _ = EndDetachedAsync(connection, socket);

    /// <summary>Ends a connection that has continued without its request.</summary>
    private async Task EndDetachedAsync(Connection connection, EpollSocket socket)
    {
        try
        {
            try
            {
                await connection.EndAsync();
            }
            finally
            {
                Unregister(connection);
                connection.ReleaseViews();
            }
        }
        catch (Exception fault)
        {
            telemetry.Faulted(fault);
        }
        finally
        {
            admission.Release(connection.Origin.Address, connection.Transport);
            socket.Close();
            admission.ReleaseSocket();
        }
    }

    /// <summary>Creates the connection on the next pump and adds it to the table. The client does not send yet.</summary>
    private Connection Register(
        IConnectionEndpoint endpoint, HttpContext context, Stream stream, View view, StartPoint start, RelayGreeting? greeting, ConnectionAccess? access)
    {
        PumpedView pumped = view.On(pumps.NextIndex());
        var accepted = new AcceptedConnection(context, client => Sinks.Make(context, stream, client), pumped, start, greeting)
        {
            Access = access,
            Origin = origins.Create(context, context.Connection.RemoteIpAddress ?? IPAddress.None),
        };
        Connection connection = endpoint.Open(accepted);
        admission.Add(connection);
        return connection;
    }

    /// <summary>Starts sending. The connection is in the table: from here on, every failure ends it through <see cref="Connection.EndAsync"/>.</summary>
    private void Start(Connection connection, long takeOvers)
    {
        telemetry.Opened(connection);
        // The state was replaced after the start point was taken, and the connection was not in the table yet when all others were resynchronized.
        if (timeline.TakeOvers != takeOvers) connection.Resync();
        connection.Client.Wake();
    }

    private void Unregister(Connection connection)
    {
        admission.Remove(connection);
        telemetry.Closed(connection);
    }
}
