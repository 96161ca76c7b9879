namespace Cecelia.Relay.Ingest;

/// <summary>
/// An entry of the <see cref="IngestQueue"/>: a message as Redis delivered it, with its channel and bytes; or an action to run at this point of the stream;
/// or the number of messages that were dropped at this point.
/// </summary>
internal readonly record struct IngestItem(byte[] Channel, byte[] Payload, Action? Action = null, long Dropped = 0)
{
    /// <summary>The full length of the payload in bytes: larger than <see cref="Payload"/> when only its beginning was kept.</summary>
    public long Length { get; init; } = Payload.Length;
}
