using Cecelia.Relay.Events;

namespace Cecelia.Relay.Filters;

/// <summary>An event name, or a prefix of names (<c>task:*</c>). Immutable.</summary>
internal readonly record struct NamePattern(byte[] Text, bool IsPrefix)
{
    public static NamePattern Parse(byte[] text) => text[^1] == '*' ? new NamePattern(text[..^1], true) : new NamePattern(text, false);

    /// <summary>
    /// Returns the patterns in the order of their bytes, without those that another one covers: with <c>task:*</c>, <c>task:created</c> is removed. Returns an
    /// empty array if one of them matches every name.
    /// </summary>
    public static NamePattern[] Reduce(IEnumerable<NamePattern> patterns)
    {
        var reduced = new List<NamePattern>();
        // A prefix is immediately followed by the patterns that it covers.
        foreach (
            NamePattern pattern in patterns.OrderBy(
                pattern => pattern.Text,
                Comparer<byte[]>.Create(ValueSet.Compare)).ThenByDescending(pattern => pattern.IsPrefix))
        {
            if (reduced.Count == 0 || !reduced[^1].Covers(pattern)) reduced.Add(pattern);
        }

        return reduced is [{ IsPrefix: true, Text.Length: 0 }] ? [] : [.. reduced];
    }

    /// <summary>
    /// Returns the patterns of the names that a pattern of each list matches; null if there are none. An empty list matches every name.
    /// </summary>
    public static IReadOnlyList<NamePattern>? Intersect(IReadOnlyList<NamePattern> first, IReadOnlyList<NamePattern> second)
    {
        if (first.Count == 0) return second;
        if (second.Count == 0) return first;
        // Of two patterns that match a common name, one covers the other.
        List<NamePattern> both =
        [
            .. first.Where(one => second.Any(other => other.Covers(one))), .. second.Where(other => first.Any(one => one.Covers(other))),
        ];
        return both.Count > 0 ? both : null;
    }

    public bool Matches(ReadOnlySpan<byte> name) => IsPrefix ? name.StartsWith(Text) : name.SequenceEqual(Text);

    public bool Equals(NamePattern other) => IsPrefix == other.IsPrefix && Utf8Comparer.Instance.Equals(Text, other.Text);

    public override int GetHashCode() => HashCode.Combine(IsPrefix, Utf8Comparer.Instance.GetHashCode(Text));

    private bool Covers(NamePattern other) => IsPrefix ? other.Text.AsSpan().StartsWith(Text) : !other.IsPrefix && other.Text.AsSpan().SequenceEqual(Text);
}
