using System.Globalization;
using System.Text;

namespace Cecelia.Relay.Postgres;

/// <summary>
/// The changes of the last publication, as text that is stored in Redis with the position. They may still be in the table and must not be published again.
/// All other changes in the table have not been published.
/// </summary>
internal static class RunCursor
{
    private static readonly long MaxMicroseconds = (DateTime.MaxValue - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static string Write(IEnumerable<RunChangeId> ids)
    {
        var text = new StringBuilder();
        foreach (RunChangeId id in ids)
        {
            text.Append(
                CultureInfo.InvariantCulture, $"{(text.Length == 0 ? "" : ",")}{id.Seq}@{(id.At - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond}");
        }

        return text.ToString();
    }

    /// <summary>Parses the output of <see cref="Write"/>. Returns false for any other text.</summary>
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
