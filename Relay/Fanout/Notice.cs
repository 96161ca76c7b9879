namespace Cecelia.Relay.Fanout;

/// <summary>A relay message for one client or for many views, encoded at most once for each kind of encoding. For one thread.</summary>
/// <param name="message">The message as JSON.</param>
/// <param name="id">The id of the message in an event stream; empty when it has none.</param>
internal sealed class Notice(byte[] message, string id = "")
{
    private byte[]? _frame;
    private byte[]? _text;
    private byte[]? _chunk;

    /// <summary>How long the client of an event stream waits before it reconnects; null: as before.</summary>
    public int? RetryMs { get; init; }

    /// <summary>Returns the message in one encoding. It is not compressed, since such messages are short.</summary>
    public byte[] In(FrameEncoding encoding) => encoding switch
    {
        FrameEncoding.EventStream => Text,
        FrameEncoding.ChunkedEventStream => _chunk ??= HttpChunk.Make(Text),
        _ => _frame ??= Frames.Text(message),
    };

    private byte[] Text => _text ??= EventStreamText.Make(message, id, RetryMs);
}
