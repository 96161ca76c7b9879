using Cecelia.Relay.Events;

namespace Cecelia.Relay.State;

/// <summary>The list of changes in an entity's JSON: how it began, and what happened lately.</summary>
internal static class ChangeList
{
    /// <summary>Appends an entry, the oldest but the first giving way when there are <paramref name="most"/> already. Returns how many there are then.</summary>
    public static int Add(JsonRecord json, int count, ReadOnlySpan<byte> entry, int most)
    {
        ReadOnlySpan<byte> list = json.Get("changes"u8);
        if (list.IsEmpty)
        {
            json.Set("changes"u8, "[]"u8);
        }
        else if (count >= most)
        {
            if (most == 1) return count;

            // Entries are written here without white space: '[' first ',' second, and ',' or ']'.
            int second = 1 + JsonScan.ValueLength(list[1..]);
            int length = 1 + JsonScan.ValueLength(list[(second + 1)..]);
            json.Splice("changes"u8, second, length, 0);
            count--;
        }

        int end = json.Get("changes"u8).Length - 1;
        Span<byte> place = json.Splice("changes"u8, end, 0, entry.Length + (count > 0 ? 1 : 0));
        if (count > 0)
        {
            place[0] = (byte)',';
            place = place[1..];
        }

        entry.CopyTo(place);
        return count + 1;
    }
}
