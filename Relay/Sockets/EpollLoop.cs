using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Cecelia.Relay.Sockets;

/// <summary>
/// A thread that waits for all <see cref="EpollSocket"/>s at once, with epoll(7), and notifies each that is ready. Thread-safe; disposed after the sockets
/// are closed, since it notifies none from then on.
/// </summary>
internal sealed unsafe class EpollLoop : IDisposable
{
    private const int MaxEvents = 512;
    private const int BufferBytes = 64 * 1024;

    /// <summary>epoll_event is packed on x86-64 only.</summary>
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventBytes = DataOffset + sizeof(ulong);

    private readonly Lock _gate = new();
    private readonly ConcurrentQueue<EpollSocket> _again = new();
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private readonly Thread _thread;
    private readonly Action<Exception> _faulted;
    private readonly int _epoll;
    private readonly int _wake;

    /// <summary>The sockets by their descriptors.</summary>
    private volatile EpollSocket?[] _sockets = new EpollSocket?[1024];
    private volatile bool _stopping;

    /// <param name="faulted">Reports a fault of a reader, whose connection then ends.</param>
    /// <exception cref="IOException">The process is out of descriptors, or the kernel out of memory.</exception>
    public EpollLoop(Action<Exception> faulted)
    {
        _faulted = faulted;
        _epoll = Check(Libc.EpollCreate(Libc.CloseOnExec));
        try
        {
            _wake = Check(Libc.EventDescriptor(0, Libc.CloseOnExec | Libc.NonBlocking));
            Register(_wake, Libc.EpollIn | Libc.EpollEdge);
        }
        catch (IOException)
        {
            Close();
            throw;
        }

        _thread = new Thread(Run) { IsBackground = true, Name = "epoll" };
        _thread.Start();
    }

    /// <summary>Begins to watch the socket.</summary>
    /// <exception cref="IOException">The kernel is out of memory for the registration.</exception>
    public void Add(EpollSocket socket)
    {
        int descriptor = socket.Descriptor;
        lock (_gate)
        {
            if (descriptor >= _sockets.Length)
            {
                var larger = new EpollSocket?[Math.Max(descriptor + 1, 2 * _sockets.Length)];
                _sockets.CopyTo(larger, 0);
                _sockets = larger;
            }

            _sockets[descriptor] = socket;
        }

        try
        {
            Register(descriptor, Libc.EpollIn | Libc.EpollOut | Libc.EpollPeerEnded | Libc.EpollEdge);
        }
        catch (IOException)
        {
            Remove(socket);
            throw;
        }
    }

    /// <summary>Stops watching a socket whose descriptor is about to be closed. A report that is on its way reaches the descriptor's next socket.</summary>
    public void Remove(EpollSocket socket)
    {
        lock (_gate)
        {
            if (_sockets[socket.Descriptor] == socket) _sockets[socket.Descriptor] = null;
        }
    }

    /// <summary>Has the loop's thread read from the socket.</summary>
    public void Enqueue(EpollSocket socket)
    {
        _again.Enqueue(socket);
        if (Environment.CurrentManagedThreadId != _thread.ManagedThreadId) Wake();
    }

    public void Dispose()
    {
        _stopping = true;
        Wake();
        _thread.Join();
        Close();
    }

    private static int Check(int result) => result >= 0 ? result : throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));

    private void Run()
    {
        byte* events = stackalloc byte[MaxEvents * EventBytes];
        while (!_stopping)
        {
            int count = Libc.EpollWait(_epoll, events, MaxEvents, _again.IsEmpty ? -1 : 0);
            if (count < 0 && Marshal.GetLastPInvokeError() != Libc.Interrupted) _ = Check(count);
            for (int i = 0; i < count; i++)
            {
                byte* at = events + (i * EventBytes);
                Handle(*(int*)(at + DataOffset), *(uint*)at);
            }

            // Only those that are queued now: a socket that is queued again waits for the others.
            for (int left = _again.Count; left > 0 && _again.TryDequeue(out EpollSocket? socket); left--) Handle(socket);
        }
    }

    private void Handle(int descriptor, uint events)
    {
        if (descriptor == _wake)
        {
            ulong ignored;
            _ = Libc.Read(_wake, &ignored, sizeof(ulong));
            return;
        }

        EpollSocket?[] sockets = _sockets;
        if (descriptor >= sockets.Length || sockets[descriptor] is not { } socket) return;
        try
        {
            socket.OnReady(events, _buffer);
        }
        catch (Exception fault)
        {
            Fail(socket, fault);
        }
    }

    private void Handle(EpollSocket socket)
    {
        try
        {
            socket.OnDequeued(_buffer);
        }
        catch (Exception fault)
        {
            Fail(socket, fault);
        }
    }

    private void Fail(EpollSocket socket, Exception fault)
    {
        try
        {
            _faulted(fault);
            socket.OnFault();
        }
        catch (Exception)
        {
            // Out of memory. One of its deadlines ends this connection; the other sockets must still be served.
        }
    }

    private void Wake()
    {
        ulong one = 1;
        _ = Libc.Write(_wake, &one, sizeof(ulong));
    }

    private void Register(int descriptor, uint events)
    {
        byte* registration = stackalloc byte[16];
        *(uint*)registration = events;
        *(ulong*)(registration + DataOffset) = (uint)descriptor;
        _ = Check(Libc.EpollControl(_epoll, Libc.EpollAdd, descriptor, registration));
    }

    private void Close()
    {
        if (_wake > 0) _ = Libc.Close(_wake);
        _ = Libc.Close(_epoll);
    }
}
