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

    public bool Matches(ReadOnlySpan<byte> name) => IsPrefix ? name.StartsWith(Text) : name.SequenceEqual(Text);

    public bool Equals(NamePattern other) => IsPrefix == other.IsPrefix && Utf8Comparer.Instance.Equals(Text, other.Text);

    public override int GetHashCode() => HashCode.Combine(IsPrefix, Utf8Comparer.Instance.GetHashCode(Text));

    private bool Covers(NamePattern other) => IsPrefix ? other.Text.AsSpan().StartsWith(Text) : !other.IsPrefix && other.Text.AsSpan().SequenceEqual(Text);
}
