using System.Buffers.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Messages;

/// <summary>
/// The state of an execution, from which the <c>status</c> message of the Execution format is written. Each member is JSON, and empty if unknown.
/// </summary>
internal ref struct ExecutionStatus
{
    private const int NumberBytes = 20;

    public ReadOnlySpan<byte> Id;
    public ReadOnlySpan<byte> Status;
    public ReadOnlySpan<byte> Progress;
    public ReadOnlySpan<byte> Message;
    public ReadOnlySpan<byte> Result;
    public ReadOnlySpan<byte> Error;
    public ReadOnlySpan<byte> ExecutionTime;
    public ReadOnlySpan<byte> Started;
    public ReadOnlySpan<byte> Ended;

    /// <summary>Whether the status is known. Without a status no message is written.</summary>
    public readonly bool IsKnown => !Status.IsEmpty;

    /// <summary>Whether no further change is expected, unless the execution is restarted.</summary>
    public readonly bool IsFinal => !WireStatus.StartsWith("\"p"u8) && !WireStatus.StartsWith("\"r"u8);

    /// <summary>The maximum number of bytes that <see cref="Write"/> writes.</summary>
    public readonly int MaxLength =>
        """{"type":"status","execution_id":null,"status":"completed","progress":null,"message":null,"result":null,"error":null,"execution_time":null}"""u8.Length
        + Id.Length + (3 * Status.Length) + Progress.Length + Message.Length + Result.Length + Error.Length + ExecutionTime.Length + NumberBytes;

    /// <summary>
    /// The status in the Execution format, which has only four. Another status is mapped to the nearest one, and repeated in <c>message</c> or <c>error</c>.
    /// </summary>
    private readonly ReadOnlySpan<byte> WireStatus => Status.Length switch
    {
        8 when Status.SequenceEqual("\"queued\""u8) => "\"pending\""u8,
        9 when Status.SequenceEqual("\"pending\""u8) => "\"pending\""u8,
        8 when Status.SequenceEqual("\"failed\""u8) => "\"failed\""u8,
        10 when Status.SequenceEqual("\"canceled\""u8) => "\"failed\""u8,
        11 when Status.SequenceEqual("\"cancelled\""u8) => "\"failed\""u8,
        6 when Status.SequenceEqual("\"done\""u8) => "\"completed\""u8,
        9 when Status.SequenceEqual("\"skipped\""u8) => "\"completed\""u8,
        11 when Status.SequenceEqual("\"completed\""u8) => "\"completed\""u8,
        _ => "\"running\""u8,
    };

    /// <summary>Writes the message and returns its length.</summary>
    /// <param name="destination">The buffer, at least <see cref="MaxLength"/> long.</param>
    public readonly int Write(Span<byte> destination)
    {
        ReadOnlySpan<byte> wireStatus = WireStatus;
        bool isMapped = !wireStatus.SequenceEqual(Status) && !Status.SequenceEqual("\"queued\""u8);
        bool isFailure = wireStatus.SequenceEqual("\"failed\""u8);
        var text = new MessageText(destination);
        text.Put("""{"type":"status","execution_id":"""u8);
        text.Put(Id);
        text.Put(""","status":"""u8);
        text.Put(wireStatus);
        text.Put(""","progress":"""u8);
        text.Put(FirstPresent(Progress, "null"u8));
        text.Put(""","message":"""u8);
        text.Put(FirstPresent(Message, isMapped && !isFailure ? Status : "null"u8));
        text.Put(""","result":"""u8);
        text.Put(FirstPresent(Result, "null"u8));
        text.Put(""","error":"""u8);
        text.Put(FirstPresent(Error, isMapped && isFailure ? Status : "null"u8));
        text.Put(""","execution_time":"""u8);
        Span<byte> seconds = stackalloc byte[NumberBytes];
        text.Put(IsPresent(ExecutionTime) ? ExecutionTime : TryWriteDuration(seconds, out int length) ? seconds[..length] : "null"u8);
        text.Put("}"u8);
        return text.Length;
    }

    private static bool IsPresent(ReadOnlySpan<byte> value) => !value.IsEmpty && !value.SequenceEqual("null"u8);

    private static ReadOnlySpan<byte> FirstPresent(ReadOnlySpan<byte> value, ReadOnlySpan<byte> fallback) => IsPresent(value) ? value : fallback;

    /// <summary>Writes the seconds from start to end, according to the events' timestamps. Returns false if one of them is unknown.</summary>
    private readonly bool TryWriteDuration(Span<byte> seconds, out int length)
    {
        length = 0;
        if (Started.Length < 2 || Ended.Length < 2) return false;
        if (!Rfc3339.TryParse(Started[1..^1], out long from) || !Rfc3339.TryParse(Ended[1..^1], out long to) || to < from) return false;
        return Utf8Formatter.TryFormat((to - from) / 1000m, seconds, out length);
    }
}
