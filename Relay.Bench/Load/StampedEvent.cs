using System.Buffers.Text;
using System.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// The events of one run: typical task progress, with the number of the event and the time from which its latency is measured in <c>runId</c>, as
/// <c>bench.RUN.NUMBER.TICKS</c>. This text is preserved by any relay that forwards the field. Immutable.
/// </summary>
internal sealed class StampedEvent
{
    /// <summary>Minimum size of an event: 150 bytes of fixed text, and room for its numbers.</summary>
    public const int MinBytes = 200;

    /// <summary>The number of a probe, which only tests whether events are delivered.</summary>
    public const long ProbeNumber = 0;

    private readonly byte[] _needle;
    private readonly long _origin;

    /// <param name="run">Up to six letters and digits that identify the run, so that events of other runs are ignored.</param>
    /// <param name="bytes">Size of each event.</param>
    /// <param name="origin">The timestamp that ticks are counted from, which keeps them short.</param>
    public StampedEvent(string run, int bytes, long origin)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, MinBytes);
        _needle = Encoding.ASCII.GetBytes($"bench.{run}.");
        Bytes = bytes;
        _origin = origin;
    }

    public int Bytes { get; }

    /// <summary>Writes an event to <paramref name="destination"/>, which has <see cref="Bytes"/> bytes.</summary>
    /// <param name="number">Counted from 1; <see cref="ProbeNumber"/> for a probe.</param>
    /// <param name="task">The number of its task, below 100,000.</param>
    /// <param name="due">The timestamp from which its latency is measured.</param>
    /// <param name="unixMs">The time for its timestamp field.</param>
    /// <param name="destination">The output.</param>
    public void Write(long number, int task, long due, long unixMs, Span<byte> destination)
    {
        int at = 0;
        Put("""{"event":"task:progress","data":{"taskId":"task-"""u8, destination, ref at);
        Put(task, destination, ref at);
        Put("\",\"runId\":\""u8, destination, ref at);
        Put(_needle, destination, ref at);
        Put(number, destination, ref at);
        Put("."u8, destination, ref at);
        Put(due - _origin, destination, ref at);
        Put("\",\"status\":\"running\",\"progress\":"u8, destination, ref at);
        Put(number % 101, destination, ref at);
        Put(",\"message\":\""u8, destination, ref at);

        // The message fills the remaining bytes, so that all events have the same size.
        ReadOnlySpan<byte> suffix = "\"},\"timestamp\":\""u8;
        int timestampAt = Bytes - Rfc3339.Length - "\"}"u8.Length;
        destination[at..(timestampAt - suffix.Length)].Fill((byte)'x');
        suffix.CopyTo(destination[(timestampAt - suffix.Length)..]);
        Rfc3339.Write(unixMs, destination[timestampAt..]);
        "\"}"u8.CopyTo(destination[(timestampAt + Rfc3339.Length)..]);
    }

    /// <summary>Finds the number and time in a message. Returns false if it is not an event of this run.</summary>
    public bool TryRead(ReadOnlySpan<byte> message, out long number, out long due)
    {
        number = 0;
        due = 0;
        int found = message.IndexOf(_needle);
        if (found < 0) return false;
        ReadOnlySpan<byte> rest = message[(found + _needle.Length)..];
        if (!Utf8Parser.TryParse(rest, out number, out int read) || read == rest.Length || rest[read] != '.') return false;
        if (!Utf8Parser.TryParse(rest[(read + 1)..], out long ticks, out _)) return false;
        due = _origin + ticks;
        return true;
    }

    private static void Put(long value, Span<byte> destination, ref int at)
    {
        Utf8Formatter.TryFormat(value, destination[at..], out int written);
        at += written;
    }

    private static void Put(ReadOnlySpan<byte> bytes, Span<byte> destination, ref int at)
    {
        bytes.CopyTo(destination[at..]);
        at += bytes.Length;
    }
}
