using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Cecelia.Relay.Redis;

/// <summary>The progress of the publications under a lease, as stored in Redis. Immutable.</summary>
/// <param name="Source">
/// The <c>source</c> of the events (PROTOCOL.md, <i>Published events</i>): a new one whenever no checkpoint was found. Without white space.
/// </param>
/// <param name="Seq">The last number that was used; 0 before the first.</param>
/// <param name="Cursor">A note of the publisher about its last publication, opaque here. Without line breaks.</param>
internal sealed record LeaseCheckpoint(string Source, long Seq, string Cursor)
{
    /// <summary>Parses the output of <see cref="ToString"/>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out LeaseCheckpoint? position)
    {
        string[] parts = text.Split(' ', 3);
        position = parts.Length == 3 && parts[0].Length > 0 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long seq)
            ? new LeaseCheckpoint(parts[0], seq, parts[2])
            : null;
        return position is not null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Source} {Seq} {Cursor}");
}
