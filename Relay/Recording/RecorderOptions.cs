namespace Cecelia.Relay.Recording;

/// <summary>Options of the <see cref="FlightRecorder"/>. Immutable.</summary>
internal sealed record RecorderOptions
{
    /// <summary>
    /// Maximum memory of the recording, in bytes. Default 48 MiB: 15 minutes of 100 events per second for 1,000 clients. Zero turns the recorder off.
    /// </summary>
    public long Bytes { get; init; } = 48L * 1024 * 1024;
}
