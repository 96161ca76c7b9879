using System.Diagnostics;
using System.Text;

namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// What all clients of a run have been sent, and, in closed loop, when the next event may go. One lock guards it: clients take it once for all that one
/// read brought, and they are read by one thread, so it is seldom contended.
/// </summary>
internal sealed class Deliveries(LoadPlan plan, StampedEvent events)
{
    /// <summary>How often the publisher looks for itself, should nothing wake it.</summary>
    private static readonly TimeSpan RoomCheck = TimeSpan.FromMilliseconds(10);

    private static readonly double NsPerTick = 1e9 / Stopwatch.Frequency;

    private readonly DeliveryWindow? _window = plan.Rate is null ? new DeliveryWindow(plan.Window) : null;

    // Clients that read, for each task; one entry when all get everything.
    private readonly int[] _readers = new int[Math.Max(1, plan.Tasks)];
    private long _published;
    private long _firstMeasured = long.MaxValue;
    private bool _waiting;
    private int _connected;

    /// <summary>Held by whoever calls what says so.</summary>
    public object Gate { get; } = new();

    /// <summary>Latency of the measured events. Under <see cref="Gate"/>.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>Events that a client was owed and got in order, those of the warm-up included. Under <see cref="Gate"/>.</summary>
    public long Delivered { get; private set; }

    /// <summary>Number of the last event. Under <see cref="Gate"/>.</summary>
    public long Published => _published;

    /// <summary>Clients that got a probe. Under <see cref="Gate"/>.</summary>
    public int Ready { get; private set; }

    /// <summary>Messages that are not events of this run. Under <see cref="Gate"/>.</summary>
    public long Others { get; private set; }

    /// <summary>The first of <see cref="Others"/>, or its beginning.</summary>
    public string FirstOther { get; private set; } = "";

    /// <summary>Whether anybody is left to publish for. Any thread.</summary>
    public bool HasReaders => Volatile.Read(ref _connected) > 0;

    /// <summary>A client that reads has been connected. Any thread.</summary>
    public void AddReader(int task)
    {
        lock (Gate)
        {
            _readers[task]++;
            _connected++;
        }
    }

    /// <summary>From the next event on, latency is recorded.</summary>
    public void BeginMeasuring()
    {
        lock (Gate) _firstMeasured = _published + 1;
    }

    /// <summary>The number of the next event; false when the window is full. For the publisher.</summary>
    public bool TryBegin(out long number)
    {
        lock (Gate)
        {
            number = 0;
            if (_window is { Room: <= 0 }) return false;
            number = ++_published;
            _window?.Begin(_readers[plan.Tasks == 0 ? 0 : plan.TaskOf(number)]);
            return true;
        }
    }

    /// <summary>Waits, for a moment at most, until a good part of the window is free: waking for each single event would cost more than it gains.</summary>
    public void WaitForRoom()
    {
        lock (Gate)
        {
            if (_window is null || HasGoodRoom) return;
            _waiting = true;
            Monitor.Wait(Gate, RoomCheck);
            _waiting = false;
        }
    }

    /// <summary>A client got a message. Under <see cref="Gate"/>.</summary>
    public void Take(LoadClient client, ReadOnlySpan<byte> message, long now)
    {
        if (!events.TryRead(message, out long number, out long due))
        {
            if (Others++ == 0) FirstOther = Encoding.UTF8.GetString(message[..Math.Min(200, message.Length)]);
            return;
        }

        if (number == StampedEvent.ProbeNumber)
        {
            if (client.IsReady) return;
            client.IsReady = true;
            Ready++;
            return;
        }

        if (number > _published) return;
        DeliveryCheck check = client.Check;
        if (!check.Take(number, out long expected)) return;
        Delivered++;
        if (number >= _firstMeasured) Latency.Record((long)((now - due) * NsPerTick));
        if (_window is not null) Settle(expected, number, check.Stride);
    }

    /// <summary>A client that reads was closed: nothing waits for it any more. Under <see cref="Gate"/>.</summary>
    public void Remove(LoadClient client)
    {
        _readers[client.Task]--;
        _connected--;
        if (_window is not null) Settle(client.Check.Next, _published, client.Check.Stride);
    }

    /// <summary>Wakes the publisher if it waits for what has been settled. Under <see cref="Gate"/>.</summary>
    public void WakePublisher()
    {
        if (_waiting && HasGoodRoom) Monitor.Pulse(Gate);
    }

    private bool HasGoodRoom => _window!.Room >= Math.Max(1, plan.Window / 4);

    private void Settle(long from, long to, long stride)
    {
        for (long number = from; number <= to; number += stride) _window!.Settle(number);
    }
}
