using System.Buffers.Text;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Messages;

/// <summary>Where an execution stands, each member as JSON and empty where it is not known: what System C's <c>status</c> message is made from.</summary>
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

    /// <summary>It has a status: without one there is nothing to say.</summary>
    public readonly bool IsKnown => !Status.IsEmpty;

    /// <summary>Nothing more is to come of it, unless it begins anew.</summary>
    public readonly bool IsFinal => !WireStatus.StartsWith("\"p"u8) && !WireStatus.StartsWith("\"r"u8);

    /// <summary>Bytes that <see cref="Write"/> needs at most.</summary>
    public readonly int MaxLength =>
        """{"type":"status","execution_id":null,"status":"completed","progress":null,"message":null,"result":null,"error":null,"execution_time":null}"""u8.Length
        + Id.Length + (3 * Status.Length) + Progress.Length + Message.Length + Result.Length + Error.Length + ExecutionTime.Length + NumberBytes;

    /// <summary>System C knows four words; what it does not know is told in the nearest, and in the message or the error.</summary>
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
    /// <param name="destination">Room for <see cref="MaxLength"/>.</param>
    public readonly int Write(Span<byte> destination)
    {
        ReadOnlySpan<byte> word = WireStatus;
        bool isOther = !word.SequenceEqual(Status) && !Status.SequenceEqual("\"queued\""u8);
        bool isFailure = word.SequenceEqual("\"failed\""u8);
        var text = new MessageText(destination);
        text.Put("""{"type":"status","execution_id":"""u8);
        text.Put(Id);
        text.Put(""","status":"""u8);
        text.Put(word);
        text.Put(""","progress":"""u8);
        text.Put(Or(Progress, "null"u8));
        text.Put(""","message":"""u8);
        text.Put(Or(Message, isOther && !isFailure ? Status : "null"u8));
        text.Put(""","result":"""u8);
        text.Put(Or(Result, "null"u8));
        text.Put(""","error":"""u8);
        text.Put(Or(Error, isOther && isFailure ? Status : "null"u8));
        text.Put(""","execution_time":"""u8);
        Span<byte> seconds = stackalloc byte[NumberBytes];
        text.Put(IsGiven(ExecutionTime) ? ExecutionTime : TryMeasure(seconds, out int length) ? seconds[..length] : "null"u8);
        text.Put("}"u8);
        return text.Length;
    }

    private static bool IsGiven(ReadOnlySpan<byte> value) => !value.IsEmpty && !value.SequenceEqual("null"u8);

    private static ReadOnlySpan<byte> Or(ReadOnlySpan<byte> value, ReadOnlySpan<byte> other) => IsGiven(value) ? value : other;

    /// <summary>The seconds from start to end, by the events' times.</summary>
    private readonly bool TryMeasure(Span<byte> seconds, out int length)
    {
        length = 0;
        if (Started.Length < 2 || Ended.Length < 2) return false;
        if (!Rfc3339.TryParse(Started[1..^1], out long from) || !Rfc3339.TryParse(Ended[1..^1], out long to) || to < from) return false;
        return Utf8Formatter.TryFormat((to - from) / 1000m, seconds, out length);
    }
}
