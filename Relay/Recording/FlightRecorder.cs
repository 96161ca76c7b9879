namespace Cecelia.Relay.Recording;

/// <summary>
/// Records what was received and what was given to whom, in bounded memory that is allocated at the start: events by <see cref="Events"/>, deliveries by the
/// <see cref="PumpNotes"/> of each pump. Always on unless it is given no memory.
/// </summary>
internal sealed class FlightRecorder
{
    private readonly PumpNotes[] _notes;

    /// <param name="options">The memory.</param>
    /// <param name="pumps">Number of pumps.</param>
    /// <param name="time">The clock.</param>
    public FlightRecorder(RecorderOptions options, int pumps, TimeProvider time)
    {
        StartedMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (options.Bytes == 0)
        {
            _notes = [];
            return;
        }

        // At 100 events per second, 15 minutes are 90,000 events of about 200 bytes, and as many notes of each pump.
        Events = new EventRecorder(options.Bytes / 2, options.Bytes / 12, time);
        _notes = [.. Enumerable.Range(0, pumps).Select(_ => new PumpNotes(options.Bytes / 3 / pumps, Flushed, time))];
        EndedBytes = options.Bytes / 12;
    }

    /// <summary>Since when it records, in Unix milliseconds, unless something has been dropped.</summary>
    public long StartedMs { get; }

    /// <summary>True if it records.</summary>
    public bool IsOn => Events is not null;

    /// <summary>Records what was received; null if the recorder is off.</summary>
    public EventRecorder? Events { get; }

    /// <summary>The entry up to which events have been passed to the pumps.</summary>
    public FlushedEntry Flushed { get; } = new();

    /// <summary>Memory for connections that have ended, in bytes; zero if the recorder is off.</summary>
    public long EndedBytes { get; }

    /// <summary>Returns the notes of a pump; null if the recorder is off.</summary>
    public PumpNotes? NotesOf(int pump) => pump < _notes.Length ? _notes[pump] : null;
}
