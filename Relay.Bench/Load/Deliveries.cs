using System.Diagnostics;
using System.Text;

namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// The deliveries to all clients of a run, and, in closed loop, the window for the next event. One lock guards it. Clients take the lock once per read, and
/// one thread reads all clients, so it is rarely contended.
/// </summary>
internal sealed class Deliveries(LoadPlan plan, StampedEvent events)
{
    /// <summary>Interval at which the publisher checks the window if it is not woken.</summary>
    private static readonly TimeSpan RoomCheckInterval = TimeSpan.FromMilliseconds(10);

    private static readonly double NsPerTick = 1e9 / Stopwatch.Frequency;

    private readonly DeliveryWindow? _window = plan.Rate is null ? new DeliveryWindow(plan.Window) : null;

    // Number of reading clients per task; one entry if all clients receive all events.
    private readonly int[] _readers = new int[Math.Max(1, plan.Tasks)];
    private long _published;
    private long _firstMeasured = long.MaxValue;
    private bool _waiting;
    private int _connected;

    /// <summary>The lock. Callers hold it where a member says so.</summary>
    public object Gate { get; } = new();

    /// <summary>Latency of the measured events. Requires <see cref="Gate"/>.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>Number of expected events that clients received in order, including the warm-up. Requires <see cref="Gate"/>.</summary>
    public long Delivered { get; private set; }

    /// <summary>Number of the last published event. Requires <see cref="Gate"/>.</summary>
    public long Published => _published;

    /// <summary>Number of clients that received a probe. Requires <see cref="Gate"/>.</summary>
    public int Ready { get; private set; }

    /// <summary>Number of messages that are not events of this run. Requires <see cref="Gate"/>.</summary>
    public long Others { get; private set; }

    /// <summary>The first of <see cref="Others"/>, truncated.</summary>
    public string FirstOther { get; private set; } = "";

    /// <summary>Whether any client is still reading. Thread-safe.</summary>
    public bool HasReaders => Volatile.Read(ref _connected) > 0;

    /// <summary>Adds a client that reads. Thread-safe.</summary>
    public void AddReader(int task)
    {
        lock (Gate)
        {
            _readers[task]++;
            _connected++;
        }
    }

    /// <summary>Records latency from the next event on.</summary>
    public void BeginMeasuring()
    {
        lock (Gate) _firstMeasured = _published + 1;
    }

    /// <summary>Returns the number of the next event; false if the window is full. For the publisher.</summary>
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

    /// <summary>Waits, at most for a short time, until a part of the window is free: waking for each single event would cost more than it gains.</summary>
    public void WaitForRoom()
    {
        lock (Gate)
        {
            if (_window is null || HasEnoughRoom) return;
            _waiting = true;
            Monitor.Wait(Gate, RoomCheckInterval);
            _waiting = false;
        }
    }

    /// <summary>Records a message that a client received. Requires <see cref="Gate"/>.</summary>
    public void Record(LoadClient client, ReadOnlySpan<byte> message, long now)
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
        if (!check.Record(number, out long expected)) return;
        Delivered++;
        if (number >= _firstMeasured) Latency.Record((long)((now - due) * NsPerTick));
        if (_window is not null) Settle(expected, number, check.Stride);
    }

    /// <summary>Removes a client whose connection has ended, so that the window does not wait for it. Requires <see cref="Gate"/>.</summary>
    public void Remove(LoadClient client)
    {
        _readers[client.Task]--;
        _connected--;
        if (_window is not null) Settle(client.Check.Next, _published, client.Check.Stride);
    }

    /// <summary>Wakes the publisher if it waits and enough of the window is free. Requires <see cref="Gate"/>.</summary>
    public void WakePublisher()
    {
        if (_waiting && HasEnoughRoom) Monitor.Pulse(Gate);
    }

    private bool HasEnoughRoom => _window!.Room >= Math.Max(1, plan.Window / 4);

    private void Settle(long from, long to, long stride)
    {
        for (long number = from; number <= to; number += stride) _window!.Settle(number);
    }
}
