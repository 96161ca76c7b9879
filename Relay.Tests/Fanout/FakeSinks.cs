using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Tests.Fanout;

/// <summary>A peer that accepts random amounts, and sometimes nothing for a while. Stores all accepted bytes in order.</summary>
internal sealed class RandomSink(int seed, Action writable) : ISink
{
    private readonly Random _random = new(seed);
    private readonly MemoryStream _taken = new();
    private volatile bool _busy;
    private long _progress;
    private int _overlaps;

    public bool Busy => _busy;

    public Task Pending => Task.CompletedTask;

    public long Progress => Volatile.Read(ref _progress);

    /// <summary>Number of sends while the sink was busy, which must stay zero.</summary>
    public int Overlaps => Volatile.Read(ref _overlaps);

    public bool Disposed { get; private set; }

    public byte[] Taken
    {
        get
        {
            lock (_taken) return _taken.ToArray();
        }
    }

    public int Send(ReadOnlySpan<byte> bytes)
    {
        if (_busy) Interlocked.Increment(ref _overlaps);
        int count = _random.Next(10) switch
        {
            0 => 0,
            1 => FirstFrame(bytes),
            2 or 3 => _random.Next(bytes.Length + 1),
            _ => bytes.Length,
        };
        lock (_taken) _taken.Write(bytes[..count]);
        return count;
    }

    public void SendLater(ReadOnlySpan<byte> bytes)
    {
        if (_busy) Interlocked.Increment(ref _overlaps);
        Assert.False(bytes.IsEmpty);
        _busy = true;
        byte[] copy = bytes.ToArray();
        int delay = _random.Next(2000);
        ThreadPool.QueueUserWorkItem(_ =>
        {
            Thread.SpinWait(delay);
            lock (_taken) _taken.Write(copy);
            Volatile.Write(ref _progress, _progress + 1);
            _busy = false;
            writable();
        });
    }


    public void Dispose() => Disposed = true;

    /// <summary>Returns the length of the first frame, so that the split is exactly between two frames.</summary>
    private static int FirstFrame(ReadOnlySpan<byte> bytes)
    {
        Assert.True(WireFrame.TryParse(bytes, out _, out int length), "the sent bytes do not begin with a whole frame");
        return length;
    }
}

/// <summary>Accepts everything, and records how much the calling thread, which is the pump's, had allocated at each call.</summary>
internal sealed class CountingSink : ISink
{
    private long _bytes;
    private long _allocated;

    public bool Busy => false;

    public Task Pending => Task.CompletedTask;

    public long Progress => 0;

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Total bytes that the calling thread had allocated at the last call.</summary>
    public long Allocated => Volatile.Read(ref _allocated);

    public int Send(ReadOnlySpan<byte> bytes)
    {
        Volatile.Write(ref _allocated, GC.GetAllocatedBytesForCurrentThread());
        Volatile.Write(ref _bytes, _bytes + bytes.Length);
        return bytes.Length;
    }

    public void SendLater(ReadOnlySpan<byte> bytes) => throw new InvalidOperationException("nothing was left over");


    public void Dispose()
    {
    }
}

/// <summary>A closed peer: every send fails.</summary>
internal sealed class BrokenSink(bool throws) : ISink
{
    public bool Busy => false;

    public Task Pending => Task.CompletedTask;

    public long Progress => 0;

    public int Send(ReadOnlySpan<byte> bytes) => throws ? throw new InvalidOperationException("a bug, for the test") : SinkResult.Broken;

    public void SendLater(ReadOnlySpan<byte> bytes) => throw new InvalidOperationException("nothing was left over");


    public void Dispose()
    {
    }
}

/// <summary>Accepts a fixed number of bytes, and then none until it is opened.</summary>
internal sealed class FullSink(int room, Action writable) : ISink
{
    private readonly MemoryStream _taken = new();
    private int _room = room;
    private volatile bool _busy;
    private byte[] _later = [];

    public bool Busy => _busy;

    public Task Pending => Task.CompletedTask;

    public long Progress { get; set; }

    public byte[] Taken => _taken.ToArray();

    public int Send(ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(_room, bytes.Length);
        _taken.Write(bytes[..count]);
        _room -= count;
        return count;
    }

    public void SendLater(ReadOnlySpan<byte> bytes)
    {
        _later = bytes.ToArray();
        _busy = true;
    }

    /// <summary>Makes the peer read again: the remainder is sent, and everything after it is accepted.</summary>
    public void Open()
    {
        _taken.Write(_later);
        _room = int.MaxValue;
        _busy = false;
        writable();
    }


    public void Dispose()
    {
    }
}
