using Cecelia.Relay.Sockets;

namespace Cecelia.Relay.Connections;

/// <summary>The members for a connection that continues without its request, on a socket of its own.</summary>
internal abstract partial class Connection : IEpollReader
{
    /// <summary>Number of reads after which other connections are served first.</summary>
    private const int MaxReadsInTurn = 16;

    private EpollSocket? _ownSocket;

    // Not null while there may be something to read.
    private Action<Connection, EpollSocket>? _detachedEnd;

    /// <summary>
    /// Continues without the request, if the transport allows it: the connection then holds nothing of Kestrel's, <see cref="RunAsync"/> is not called, and
    /// <paramref name="ended"/> is called when the connection is to be ended, at once if it is due already. Returns false if the request must stay.
    /// </summary>
    /// <param name="context">The request, which may end after a return of true.</param>
    /// <param name="ended">Called once, on any thread, with this connection and its socket; it ends the one and then closes the other.</param>
    public async ValueTask<bool> TryDetachAsync(HttpContext context, Action<Connection, EpollSocket> ended)
    {
        if (context.Features.Get<EpollConnection>() is not { } own) return false;
        byte[] received = await own.StopReceivingAsync();
        bool isOpen = received.Length == 0 || TryRead(received);
        // In this order: after the release, an abort of the request does not reach the socket.
        lock (_abortGate) (_ownSocket, _lifetime) = (own.Socket, null);
        own.Release();
        context.Features.Get<AcceptedSocket>()?.Detach();
        OnDetached();
        _detachedEnd = ended;
        if (isOpen) own.Socket.ContinueWith(this);
        else EndDetached();
        return true;
    }

    bool IEpollReader.OnReadable(Span<byte> buffer)
    {
        EpollSocket socket = _ownSocket!;
        for (int turn = 0; turn < MaxReadsInTurn && _detachedEnd is not null; turn++)
        {
            int length = socket.Receive(buffer);
            if (length == EpollSocket.NothingYet) return false;
            if (length <= 0 || !TryRead(buffer[..length])) EndDetached();
        }

        return _detachedEnd is not null;
    }

    void IEpollReader.OnWritable()
    {
        // The client's sink sends what was stored for it.
    }

    void IEpollReader.OnFault()
    {
        Fail();
        EndDetached();
    }

    /// <summary>Handles received bytes, which it may change. Returns false if nothing more is to be read.</summary>
    protected abstract bool TryRead(Span<byte> input);

    /// <summary>Called when the connection continues without its request.</summary>
    protected virtual void OnDetached()
    {
    }

    /// <summary>Releases what reading holds. Called once, when nothing more is read.</summary>
    protected virtual void OnReadingEnded()
    {
    }

    /// <summary>Ends a connection without a request. For the thread that reads; a second call does nothing.</summary>
    private void EndDetached()
    {
        if (_detachedEnd is not { } ended) return;
        _detachedEnd = null;
        OnReadingEnded();
        ended(this, _ownSocket!);
    }
}
