using System.Numerics;

namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// Closed loop: at most <paramref name="size"/> events are on their way, an event being on its way until every client that it is owed to has got it,
/// or can no longer get it. Events are numbered from 1. Not thread-safe.
/// </summary>
internal sealed class DeliveryWindow(int size)
{
    // Clients with filters may finish events in another order than they began; the ring must span from the oldest unfinished to the newest.
    private readonly int[] _owed = new int[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1024, 4L * size))];
    private long _oldest = 1;

    /// <summary>Events begun so far, which is also the number of the last.</summary>
    public long Begun { get; private set; }

    /// <summary>Events on their way.</summary>
    public int Outstanding { get; private set; }

    /// <summary>How many more may begin now.</summary>
    public int Room => (int)Math.Min(size - Outstanding, _owed.Length - (Begun + 1 - _oldest));

    /// <summary>Begins an event that is owed to so many clients, and returns its number. Only when there is <see cref="Room"/>.</summary>
    public long Begin(int owed)
    {
        if (Room <= 0) throw new InvalidOperationException("The window is full.");
        long number = ++Begun;
        At(number) = owed;
        Outstanding++;
        if (owed == 0) Finish();
        return number;
    }

    /// <summary>One of the clients has got the event, or never will.</summary>
    public void Settle(long number)
    {
        if (number < _oldest || number > Begun || At(number) == 0) throw new ArgumentOutOfRangeException(nameof(number), number, "Nobody is owed that event.");
        if (--At(number) == 0) Finish();
    }

    private ref int At(long number) => ref _owed[number & (_owed.Length - 1)];

    private void Finish()
    {
        Outstanding--;
        while (_oldest <= Begun && At(_oldest) == 0) _oldest++;
    }
}
