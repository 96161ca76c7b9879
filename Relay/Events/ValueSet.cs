using System.Collections;

namespace Cecelia.Relay.Events;

/// <summary>A sorted set of byte strings with lookup by binary search. Immutable; takes ownership of the arrays.</summary>
internal sealed class ValueSet : IReadOnlyList<byte[]>, IEquatable<ValueSet>
{
    private readonly byte[][] _values;

    /// <param name="values">The values, in any order; duplicates are removed.</param>
    public ValueSet(params byte[][] values)
    {
        _values = [.. values.Distinct(Utf8Comparer.Instance)];
        Array.Sort(_values, Compare);
    }

    public static ValueSet Empty { get; } = new();

    public int Count => _values.Length;

    public byte[] this[int index] => _values[index];

    /// <summary>Compares two values by their bytes.</summary>
    public static int Compare(byte[] x, byte[] y) => x.AsSpan().SequenceCompareTo(y);

    /// <summary>Returns whether the value is in the set. Allocates nothing.</summary>
    public bool Contains(ReadOnlySpan<byte> value)
    {
        (int from, int to) = (0, _values.Length - 1);
        while (from <= to)
        {
            int middle = (from + to) / 2;
            int order = value.SequenceCompareTo(_values[middle]);
            if (order == 0) return true;
            if (order < 0) to = middle - 1;
            else from = middle + 1;
        }

        return false;
    }

    public bool Equals(ValueSet? other) => other is not null && _values.AsSpan().SequenceEqual(other._values, Utf8Comparer.Instance);

    public override bool Equals(object? obj) => Equals(obj as ValueSet);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (byte[] value in _values) hash.Add(value, Utf8Comparer.Instance);
        return hash.ToHashCode();
    }

    public IEnumerator<byte[]> GetEnumerator() => ((IEnumerable<byte[]>)_values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
