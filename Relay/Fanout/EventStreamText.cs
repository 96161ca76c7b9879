using System.Globalization;
using System.Text;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// Encodes messages as text of an event stream (WHATWG HTML §9.2.6), which a browser's <c>EventSource</c> reads. There is no <c>event:</c> field: the name
/// is in the JSON.
/// </summary>
internal static class EventStreamText
{
    /// <summary>
    /// The id of the messages after which the client's state is incomplete, from a hello without recovery to the last part of the snapshot. A browser
    /// reconnects with the last id that it received: without this one, with a position whose state it has already discarded.
    /// </summary>
    public const string Incomplete = "none";

    private static ReadOnlySpan<byte> Id => "id: "u8;

    private static ReadOnlySpan<byte> Data => "data: "u8;

    /// <summary>Returns the maximum number of bytes that <see cref="Write"/> needs.</summary>
    public static int MaxLength(ReadOnlySpan<byte> message, ReadOnlySpan<byte> id) =>
        Id.Length + id.Length + 1 + Data.Length + message.Length + 2 + ((message.Count((byte)'\n') + message.Count((byte)'\r')) * Data.Length);

    /// <summary>Writes the message, and returns the length of the text.</summary>
    /// <param name="message">JSON. Its line breaks, which occur only between tokens, start new <c>data:</c> lines: the reader joins them again.</param>
    /// <param name="id">The id that the client reconnects with; empty: the previous one.</param>
    /// <param name="destination">Room for <see cref="MaxLength"/>.</param>
    public static int Write(ReadOnlySpan<byte> message, ReadOnlySpan<byte> id, Span<byte> destination)
    {
        int at = 0;
        if (!id.IsEmpty)
        {
            Put(Id, destination, ref at);
            Put(id, destination, ref at);
            destination[at++] = (byte)'\n';
        }

        while (true)
        {
            Put(Data, destination, ref at);
            int end = message.IndexOfAny((byte)'\r', (byte)'\n');
            if (end < 0) break;
            Put(message[..end], destination, ref at);
            destination[at++] = (byte)'\n';
            message = message[(end + (message[end..].StartsWith("\r\n"u8) ? 2 : 1))..];
        }

        Put(message, destination, ref at);
        Put("\n\n"u8, destination, ref at);
        return at;
    }

    /// <summary>Returns one message as text.</summary>
    /// <param name="message">JSON.</param>
    /// <param name="id">As in <see cref="Write"/>.</param>
    /// <param name="retryMs">How long the client waits before it reconnects, from now on; null: as before.</param>
    public static byte[] Make(ReadOnlySpan<byte> message, string id, int? retryMs)
    {
        byte[] known = Encoding.ASCII.GetBytes(id);
        byte[] retry = retryMs is { } ms ? Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {ms}\n")) : [];
        byte[] text = new byte[retry.Length + MaxLength(message, known)];
        retry.CopyTo(text, 0);
        return text[..(retry.Length + Write(message, known, text.AsSpan(retry.Length)))];
    }

    private static void Put(ReadOnlySpan<byte> bytes, Span<byte> destination, ref int at)
    {
        bytes.CopyTo(destination[at..]);
        at += bytes.Length;
    }
}
