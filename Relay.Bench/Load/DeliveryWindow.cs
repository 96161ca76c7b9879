using System.Numerics;

namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// The window of a closed loop: at most <paramref name="size"/> events are outstanding. An event is outstanding until every client that expects it has
/// received it, or cannot receive it any more. Events are numbered from 1. Not thread-safe.
/// </summary>
internal sealed class DeliveryWindow(int size)
{
    // With filters, events may be completed out of order. The ring must span the oldest incomplete event and the newest.
    private readonly int[] _expected = new int[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1024, 4L * size))];
    private long _oldest = 1;

    /// <summary>Number of events begun so far, which is also the number of the last one.</summary>
    public long Begun { get; private set; }

    /// <summary>Number of outstanding events.</summary>
    public int Outstanding { get; private set; }

    /// <summary>Number of events that may begin now.</summary>
    public int Room => (int)Math.Min(size - Outstanding, _expected.Length - (Begun + 1 - _oldest));

    /// <summary>Begins an event that <paramref name="expected"/> clients expect, and returns its number. Requires <see cref="Room"/>.</summary>
    public long Begin(int expected)
    {
        if (Room <= 0) throw new InvalidOperationException("The window is full.");
        long number = ++Begun;
        At(number) = expected;
        Outstanding++;
        if (expected == 0) Finish();
        return number;
    }

    /// <summary>Records that one of the clients has received the event, or cannot receive it any more.</summary>
    public void Settle(long number)
    {
        if (number < _oldest || number > Begun || At(number) == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(number), number, "No client expects this event.");
        }

        if (--At(number) == 0) Finish();
    }

    private ref int At(long number) => ref _expected[number & (_expected.Length - 1)];

    private void Finish()
    {
        Outstanding--;
        while (_oldest <= Begun && At(_oldest) == 0) _oldest++;
    }
}
