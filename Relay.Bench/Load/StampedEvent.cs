using System.Buffers.Text;
using System.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Bench.Load;

/// <summary>
/// The events of one run: task progress as a publisher would send it, with the event's number and the moment that its latency counts from in
/// <c>runId</c>, as <c>bench.RUN.NUMBER.TICKS</c>: text that survives any relay which passes the field on. Immutable.
/// </summary>
internal sealed class StampedEvent
{
    /// <summary>The size that any event fits into: 150 bytes of fixed text, and room for its numbers.</summary>
    public const int SmallestBytes = 200;

    /// <summary>The number of an event that only asks whether events come through.</summary>
    public const long ProbeNumber = 0;

    private readonly byte[] _needle;
    private readonly long _origin;

    /// <param name="run">Up to six letters and digits that no other run has: what is left over from another is not taken for ours.</param>
    /// <param name="bytes">Size of each event.</param>
    /// <param name="origin">The time stamp that ticks are counted from, which keeps them short.</param>
    public StampedEvent(string run, int bytes, long origin)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, SmallestBytes);
        _needle = Encoding.ASCII.GetBytes($"bench.{run}.");
        Bytes = bytes;
        _origin = origin;
    }

    public int Bytes { get; }

    /// <summary>Fills <paramref name="destination"/>, which has <see cref="Bytes"/> bytes.</summary>
    /// <param name="number">Counted from 1; <see cref="ProbeNumber"/> for a probe.</param>
    /// <param name="task">The task that it is of, below 100,000.</param>
    /// <param name="due">The time stamp that its latency counts from.</param>
    /// <param name="unixMs">The time of day for its timestamp.</param>
    /// <param name="destination">Where to.</param>
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

        // The message takes what is left, so that all events have the same size.
        ReadOnlySpan<byte> behind = "\"},\"timestamp\":\""u8;
        int timestampAt = Bytes - Rfc3339.Length - "\"}"u8.Length;
        destination[at..(timestampAt - behind.Length)].Fill((byte)'x');
        behind.CopyTo(destination[(timestampAt - behind.Length)..]);
        Rfc3339.Write(unixMs, destination[timestampAt..]);
        "\"}"u8.CopyTo(destination[(timestampAt + Rfc3339.Length)..]);
    }

    /// <summary>Finds the stamp in a message. False when there is none of this run.</summary>
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
