using System.Buffers;
using System.Net.Sockets;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// Sends directly to the connection's non-blocking socket: one system call takes everything that is pending, with no pipe and no copy between the outbound
/// buffer and the kernel. When the kernel's buffer is full, the rest of the frame is copied into a small rented buffer and sent asynchronously; when that send
/// completes, the socket takes more. The socket belongs to Kestrel; this class never closes it.
/// </summary>
internal sealed class SocketSink : ISink
{
    /// <summary>Size of the pieces of an asynchronous send, so that a slow link shows its progress.</summary>
    private const int PieceBytes = 16 * 1024;

    private readonly Socket _socket;
    private readonly Client _client;
    private volatile bool _busy;
    private volatile bool _broken;
    private long _progress;

    /// <param name="socket">Taken over from Kestrel once the response to the upgrade is on its way; set non-blocking here.</param>
    /// <param name="client">Woken, from any thread, when the sink is no longer busy.</param>
    public SocketSink(Socket socket, Client client)
    {
        _socket = socket;
        _socket.Blocking = false;
        _client = client;
    }

    public bool Busy => _busy;

    /// <summary>
    /// Always completed: Kestrel closes the socket under a send, and sends nothing itself except for the end of an event stream, which is due only after
    /// everything before it has been taken.
    /// </summary>
    public Task Pending => Task.CompletedTask;

    public long Progress => Volatile.Read(ref _progress);

    public int Send(ReadOnlySpan<byte> bytes)
    {
        if (_broken) return SinkResult.Broken;
        int sent = 0;
        try
        {
            while (sent < bytes.Length)
            {
                int taken = _socket.Send(bytes[sent..], SocketFlags.None, out SocketError error);
                if (error == SocketError.WouldBlock) return sent;
                if (error != SocketError.Success) return Break();
                sent += taken;
            }
        }
        catch (ObjectDisposedException)
        {
            // Kestrel closed the connection between the pump's check and this call.
            return Break();
        }

        return sent;
    }

    public void SendLater(ReadOnlySpan<byte> bytes)
    {
        _busy = true;
        byte[] copy = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(copy);
        _ = FinishAsync(copy, bytes.Length);
    }

    public void Dispose()
    {
        // Nothing is held between sends; the socket is Kestrel's.
    }

    private int Break()
    {
        _broken = true;
        return SinkResult.Broken;
    }

    private async Task FinishAsync(byte[] copy, int length)
    {
        try
        {
            for (int sent = 0; sent < length;)
            {
                int taken = await _socket.SendAsync(copy.AsMemory(sent, Math.Min(PieceBytes, length - sent)), SocketFlags.None).ConfigureAwait(false);
                sent += taken;
                Volatile.Write(ref _progress, _progress + taken);
            }
        }
        catch (Exception)
        {
            // The peer is gone, or there was no memory for the send: either way it has received part of a frame, and must receive no more. The task is not
            // awaited, so nothing is rethrown.
            _broken = true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
            _busy = false;
            _client.Wake();
        }
    }
}
