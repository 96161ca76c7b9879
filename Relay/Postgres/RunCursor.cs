using System.Globalization;
using System.Text;

namespace Cecelia.Relay.Postgres;

/// <summary>
/// Which changes the last publication was about, as text that stands in Redis with the position: they may still be in the table, and are not to be published
/// again. All others in the table have not been published.
/// </summary>
internal static class RunCursor
{
    private static readonly long MaxMicroseconds = (DateTime.MaxValue - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static string Write(IEnumerable<RunChangeId> ids)
    {
        var text = new StringBuilder();
        foreach (RunChangeId id in ids) text.Append(CultureInfo.InvariantCulture, $"{(text.Length == 0 ? "" : ",")}{id.Seq}@{(id.At - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond}");
        return text.ToString();
    }

    /// <summary>Reads what <see cref="Write"/> wrote; false for anything else.</summary>
    public static bool TryRead(string text, out IReadOnlyList<RunChangeId> ids)
    {
        var read = new List<RunChangeId>();
        ids = read;
        foreach (string id in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = id.Split('@');
            if (parts.Length != 2
                || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long seq)
                || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds)
                || microseconds > MaxMicroseconds) return false;
            read.Add(new RunChangeId(seq, DateTime.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond)));
        }

        return true;
    }
}
