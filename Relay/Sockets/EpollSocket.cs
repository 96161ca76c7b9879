using System.Buffers;
using System.Runtime.InteropServices;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Sockets;

/// <summary>
/// A socket that an <see cref="EpollLoop"/> watches. It is the sink of its client as well: an idle connection holds no other object of the transport. It
/// receives on one thread at a time and sends on the client's pump, and the loop sends what the kernel did not take. Owns the descriptor.
/// </summary>
/// <remarks>
/// Readiness is edge-triggered: the kernel reports that the socket takes bytes again only after a send that found its buffer full. <see cref="SendLater"/>
/// therefore tries once more after it has stored the bytes, under the lock that the loop sends them under. If the kernel's report came before the bytes were
/// stored, that attempt sends them; otherwise the report follows.
/// </remarks>
internal sealed class EpollSocket : ISink, IPeerSocket
{
    /// <summary>The result of <see cref="Receive"/> if there is nothing to read.</summary>
    public const int NothingYet = -1;

    /// <summary>The result of <see cref="Receive"/> if the connection is broken.</summary>
    public const int Broken = -2;

    private readonly EpollLoop _loop;
    private readonly bool _isTcp;

    // The lock of these is this object itself, since a separate one would cost memory for each idle connection.
    private byte[]? _later;
    private int _laterStart;
    private int _laterEnd;
    private bool _isClosed;

    private volatile IEpollReader _reader;
    private Client? _client;
    private volatile bool _busy;
    private volatile bool _broken;
    private int _isQueued;
    private long _progress;

    /// <param name="loop">Watches the socket after <see cref="EpollLoop.Add"/>.</param>
    /// <param name="descriptor">The descriptor of a connected stream socket, which this object owns.</param>
    /// <param name="isTcp">False for a Unix socket.</param>
    /// <param name="reader">Notified when there is something to read.</param>
    public EpollSocket(EpollLoop loop, int descriptor, bool isTcp, IEpollReader reader)
    {
        _loop = loop;
        Descriptor = descriptor;
        _isTcp = isTcp;
        _reader = reader;
    }

    /// <summary>The descriptor. Another socket may have it once this one is closed.</summary>
    public int Descriptor { get; }

    public bool Busy => _busy;

    /// <summary>Always completed: the bytes that are still to be sent are dropped by <see cref="Close"/>.</summary>
    public Task Pending => Task.CompletedTask;

    public long Progress => Volatile.Read(ref _progress);

    public unsafe int Send(ReadOnlySpan<byte> bytes)
    {
        // With the lock, the descriptor cannot be closed and reused for another connection during the call.
        lock (this)
        {
            if (_broken || _isClosed) return SinkResult.Broken;
            int sent = 0;
            fixed (byte* start = bytes)
            {
                while (sent < bytes.Length)
                {
                    nint taken = Libc.Send(Descriptor, start + sent, (nuint)(bytes.Length - sent), Libc.DoNotWait | Libc.NoSignal);
                    if (taken >= 0)
                    {
                        sent += (int)taken;
                        continue;
                    }

                    int error = Marshal.GetLastPInvokeError();
                    if (error == Libc.WouldBlock) return sent;
                    if (error == Libc.Interrupted) continue;
                    _broken = true;
                    return SinkResult.Broken;
                }
            }

            return sent;
        }
    }

    public void SendLater(ReadOnlySpan<byte> bytes)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(copy);
        lock (this)
        {
            (_later, _laterStart, _laterEnd) = (copy, 0, bytes.Length);
            _busy = true;
        }

        SendStored();
    }

    /// <summary>Reads without waiting. Returns the number of bytes, zero at the end of the stream, <see cref="NothingYet"/> or <see cref="Broken"/>.</summary>
    public unsafe int Receive(Span<byte> buffer)
    {
        lock (this)
        {
            if (_isClosed) return Broken;
            fixed (byte* start = buffer)
            {
                while (true)
                {
                    nint read = Libc.Receive(Descriptor, start, (nuint)buffer.Length, Libc.DoNotWait);
                    if (read >= 0) return (int)read;
                    int error = Marshal.GetLastPInvokeError();
                    if (error != Libc.Interrupted) return error == Libc.WouldBlock ? NothingYet : Broken;
                }
            }
        }
    }

    /// <summary>Replaces the reader, and notifies it: the kernel may have reported to the previous one what is now to be read.</summary>
    public void ContinueWith(IEpollReader reader)
    {
        _reader = reader;
        ReadSoon();
    }

    /// <summary>Has the loop notify the reader once more. Any thread.</summary>
    public void ReadSoon()
    {
        if (Interlocked.Exchange(ref _isQueued, 1) == 0) _loop.Enqueue(this);
    }

    /// <summary>Ends both directions. The reader sees the end of the stream. Any thread; does nothing after <see cref="Close"/>.</summary>
    public void Abort() => Shutdown(Libc.ShutBoth);

    public void EndSending() => Shutdown(Libc.ShutSend);

    public void StopReading() => Shutdown(Libc.ShutReceive);

    public unsafe void LimitUnacknowledgedTime(int limitMs)
    {
        // With the lock, the descriptor cannot be closed during the call. It fails if the peer is gone, which is noticed elsewhere.
        lock (this)
        {
            if (_isTcp && !_isClosed) _ = Libc.SetOption(Descriptor, Libc.TcpLevel, Libc.TcpUserTimeout, &limitMs, sizeof(int));
        }
    }

    public ISink MakeSink(Client client)
    {
        _client = client;
        return this;
    }

    /// <summary>Closes the descriptor. Nothing may send or receive from here on. Any thread; a second call does nothing.</summary>
    public void Close()
    {
        lock (this)
        {
            if (_isClosed) return;
            _isClosed = true;
            ReturnStored();
            _loop.Remove(this);
            _ = Libc.Close(Descriptor);
        }
    }

    public void Dispose()
    {
        // The owner closes the descriptor, after the client has been removed.
    }

    /// <summary>Handles what epoll reports. For the loop.</summary>
    public void OnReady(uint events, Span<byte> buffer)
    {
        if ((events & (Libc.EpollOut | Libc.EpollError | Libc.EpollHangUp)) != 0)
        {
            if (_busy) SendStored();
            _reader.OnWritable();
        }

        if ((events & ~Libc.EpollOut) != 0) OnReadable(buffer);
    }

    /// <summary>Handles a call of <see cref="ReadSoon"/>. For the loop.</summary>
    public void OnDequeued(Span<byte> buffer)
    {
        Volatile.Write(ref _isQueued, 0);
        OnReadable(buffer);
    }

    /// <summary>Handles a fault of the reader. For the loop.</summary>
    public void OnFault() => _reader.OnFault();

    private void OnReadable(Span<byte> buffer)
    {
        if (_reader.OnReadable(buffer)) ReadSoon();
    }

    /// <summary>Sends as much of the stored bytes as the kernel takes, and wakes the client when it has taken all of them.</summary>
    private void SendStored()
    {
        lock (this)
        {
            if (_later is null) return;
            int sent = Send(_later.AsSpan(_laterStart, _laterEnd - _laterStart));
            if (sent > 0)
            {
                _laterStart += sent;
                Volatile.Write(ref _progress, _progress + sent);
            }

            if (sent >= 0 && _laterStart < _laterEnd) return;
            ReturnStored();
            _busy = false;
        }

        _client!.Wake();
    }

    private void ReturnStored()
    {
        if (_later is not null) ArrayPool<byte>.Shared.Return(_later);
        _later = null;
    }

    private void Shutdown(int how)
    {
        lock (this)
        {
            if (!_isClosed) _ = Libc.Shutdown(Descriptor, how);
        }
    }
}

/// <summary>Receives the reports of an <see cref="EpollSocket"/>. Called on the loop's thread; must not block.</summary>
internal interface IEpollReader
{
    /// <summary>
    /// Called when there may be bytes to read, the peer has ended or the connection is broken. Reads until <see cref="EpollSocket.NothingYet"/>, because a
    /// report is not repeated; returns true instead if there may be more and other sockets should be served first.
    /// </summary>
    /// <param name="buffer">The loop's, for the duration of the call.</param>
    bool OnReadable(Span<byte> buffer);

    /// <summary>Called when the socket may take bytes, or is broken.</summary>
    void OnWritable();

    /// <summary>Called when a call of another member has thrown. Throws nothing.</summary>
    void OnFault();
}
