using System.Buffers;
using System.IO.Pipelines;

namespace Cecelia.Relay.Cli;

/// <summary>Reads the lines of a stream as bytes, without line ends. Line numbers start at 1; blank lines are counted and skipped.</summary>
internal static class LineReader
{
    /// <summary>Maximum size of a payload that a relay can be configured to accept. A longer line ends the reading.</summary>
    public const int MaxLineBytes = 16 * 1024 * 1024;

    public static async IAsyncEnumerable<(int Number, byte[] Line)> ReadAsync(
        Stream stream, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        PipeReader reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        int number = 0;
        while (true)
        {
            // A read from a terminal or pipe cannot be cancelled, but the wait for it can.
            ReadResult read = await reader.ReadAsync(CancellationToken.None).AsTask().WaitAsync(cancellationToken);
            ReadOnlySequence<byte> rest = read.Buffer;
            while (TryTake(ref rest, read.IsCompleted, out ReadOnlySequence<byte> line))
            {
                number++;
                byte[] bytes = Trim(line);
                if (bytes.Length > 0) yield return (number, bytes);
            }

            if (rest.Length > MaxLineBytes) throw new InvalidDataException($"line {number + 1} is longer than {MaxLineBytes / (1024 * 1024)} MiB");
            reader.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted) yield break;
        }
    }

    private static bool TryTake(ref ReadOnlySequence<byte> rest, bool isLast, out ReadOnlySequence<byte> line)
    {
        line = rest;
        if (rest.PositionOf((byte)'\n') is { } end)
        {
            line = rest.Slice(0, end);
            rest = rest.Slice(rest.GetPosition(1, end));
            return true;
        }

        if (!isLast || rest.IsEmpty) return false;
        rest = rest.Slice(rest.End);
        return true;
    }

    private static byte[] Trim(ReadOnlySequence<byte> line)
    {
        byte[] bytes = line.ToArray();
        return bytes.AsSpan().IndexOfAnyExcept(" \t\r"u8) < 0 ? [] : bytes[^1] == '\r' ? bytes[..^1] : bytes;
    }
}
