namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// Checks that one client receives each expected event once and in order. It expects the numbers <paramref name="first"/>,
/// first + <paramref name="stride"/>, and so on. Not thread-safe.
/// </summary>
internal sealed class DeliveryCheck(long first, long stride)
{
    /// <summary>Maximum number of gaps that are kept. A late event of an older gap counts as a duplicate, and the event remains counted as lost.</summary>
    private const int MaxGaps = 256;

    private readonly List<Gap> _gaps = [];

    /// <summary>The next expected number.</summary>
    public long Next { get; private set; } = first;

    public long Stride { get; } = stride;

    /// <summary>Number of events that were skipped and have not been received since.</summary>
    public long Missing { get; private set; }

    public long Duplicates { get; private set; }

    /// <summary>Number of events that were received after a later one.</summary>
    public long OutOfOrder { get; private set; }

    /// <summary>Number of events that were meant for other clients.</summary>
    public long Strays { get; private set; }

    /// <summary>
    /// Records a received event. Returns true if it is the next or a later one: the events from the previous <see cref="Next"/>
    /// (<paramref name="expected"/>) up to it were skipped.
    /// </summary>
    public bool Record(long number, out long expected)
    {
        expected = Next;
        if ((number - Next) % Stride != 0)
        {
            Strays++;
            return false;
        }

        if (number < Next)
        {
            if (RecordLate(number)) OutOfOrder++;
            else Duplicates++;
            return false;
        }

        if (number > Next) AddGap(Next, number - Stride);
        Next = number + Stride;
        return true;
    }

    /// <summary>Returns the number of expected events that were not received, if <paramref name="last"/> was the last published one.</summary>
    public long LostUpTo(long last) => Missing + (last < Next ? 0 : ((last - Next) / Stride) + 1);

    private void AddGap(long from, long to)
    {
        Missing += ((to - from) / Stride) + 1;
        if (_gaps.Count == MaxGaps) _gaps.RemoveAt(0);
        _gaps.Add(new Gap(from, to));
    }

    private bool RecordLate(long number)
    {
        int index = _gaps.FindIndex(gap => gap.From <= number && number <= gap.To);
        if (index < 0) return false;
        Gap gap = _gaps[index];
        _gaps.RemoveAt(index);
        if (number > gap.From) _gaps.Insert(index++, gap with { To = number - Stride });
        if (number < gap.To) _gaps.Insert(index, gap with { From = number + Stride });
        Missing--;
        return true;
    }

    private readonly record struct Gap(long From, long To);
}
