using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>The list of changes in an entity's JSON: the first change and the latest ones.</summary>
internal static class ChangeList
{
    /// <summary>Appends an entry. If there are <paramref name="maxCount"/> already, the second entry is removed. Returns the new count.</summary>
    public static int Add(JsonRecord json, int count, ReadOnlySpan<byte> entry, int maxCount)
    {
        ReadOnlySpan<byte> list = json.Get("changes"u8);
        if (list.IsEmpty)
        {
            json.Set("changes"u8, "[]"u8);
        }
        else if (count >= maxCount)
        {
            if (maxCount == 1) return count;

            // The list has no white space: '[' first ',' second, then ',' or ']'.
            int second = 1 + JsonScan.ValueLength(list[1..]);
            int length = 1 + JsonScan.ValueLength(list[(second + 1)..]);
            json.Splice("changes"u8, second, length, 0);
            count--;
        }

        int end = json.Get("changes"u8).Length - 1;
        Span<byte> inserted = json.Splice("changes"u8, end, 0, entry.Length + (count > 0 ? 1 : 0));
        if (count > 0)
        {
            inserted[0] = (byte)',';
            inserted = inserted[1..];
        }

        entry.CopyTo(inserted);
        return count + 1;
    }
}
