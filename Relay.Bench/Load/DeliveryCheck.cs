namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// Whether one client gets each event that it is owed once and in order. It is owed the numbers <paramref name="first"/>,
/// first + <paramref name="stride"/>, and so on. Not thread-safe.
/// </summary>
internal sealed class DeliveryCheck(long first, long stride)
{
    /// <summary>So many gaps are remembered; an event of an older one that comes late after all is taken for a duplicate, and stays lost.</summary>
    private const int MaxGaps = 256;

    private readonly List<Gap> _gaps = [];

    /// <summary>The number that should come next.</summary>
    public long Next { get; private set; } = first;

    public long Stride { get; } = stride;

    /// <summary>Passed over, and not come since.</summary>
    public long Missing { get; private set; }

    public long Duplicates { get; private set; }

    /// <summary>Come after a later one.</summary>
    public long OutOfOrder { get; private set; }

    /// <summary>Belonging to somebody else.</summary>
    public long Strays { get; private set; }

    /// <summary>
    /// Notes the arrival of an event. True when it is the next or a later one: then those from <see cref="Next"/> as it was before
    /// (<paramref name="expected"/>) up to it have been passed over.
    /// </summary>
    public bool Take(long number, out long expected)
    {
        expected = Next;
        if ((number - Next) % Stride != 0)
        {
            Strays++;
            return false;
        }

        if (number < Next)
        {
            if (TakeLate(number)) OutOfOrder++;
            else Duplicates++;
            return false;
        }

        if (number > Next) AddGap(Next, number - Stride);
        Next = number + Stride;
        return true;
    }

    /// <summary>Events owed and not come, when <paramref name="last"/> is the last that was published.</summary>
    public long LostUpTo(long last) => Missing + (last < Next ? 0 : ((last - Next) / Stride) + 1);

    private void AddGap(long from, long to)
    {
        Missing += ((to - from) / Stride) + 1;
        if (_gaps.Count == MaxGaps) _gaps.RemoveAt(0);
        _gaps.Add(new Gap(from, to));
    }

    private bool TakeLate(long number)
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
