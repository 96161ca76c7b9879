namespace Cecelia.Relay.Fanout;

/// <summary>A message of the relay's own, for one client or for those of many views, in the form that each of them reads. Made once for each form. For one thread.</summary>
/// <param name="message">Its JSON.</param>
/// <param name="id">The id that an event stream gives it; empty: none.</param>
internal sealed class Notice(byte[] message, string id = "")
{
    private byte[]? _frame;
    private byte[]? _text;
    private byte[]? _chunk;

    /// <summary>How long a reader of an event stream is to wait when that ends; null: as long as it was told before.</summary>
    public int? RetryMs { get; init; }

    /// <summary>Not compressed: such messages are short.</summary>
    public byte[] In(FrameEncoding encoding) => encoding switch
    {
        FrameEncoding.EventStream => Text,
        FrameEncoding.ChunkedEventStream => _chunk ??= HttpChunk.Make(Text),
        _ => _frame ??= Frames.Text(message),
    };

    private byte[] Text => _text ??= EventStreamText.Make(message, id, RetryMs);
}
