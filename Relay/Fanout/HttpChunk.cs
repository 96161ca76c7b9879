using System.Buffers.Text;

namespace Cecelia.Relay.Fanout;

/// <summary>
/// One chunk of an HTTP/1.1 body whose length is not known (RFC 9112 §7.1). Like the header of a WebSocket frame it is the same for every client, so it is
/// part of the outbound buffer, whose bytes can then be sent directly to a socket.
/// </summary>
internal static class HttpChunk
{
    /// <summary>Length of the longest header: a length of eight digits, and the end of its line.</summary>
    public const int MaxHeaderBytes = 10;

    /// <summary>Length of the end of a chunk.</summary>
    public const int EndBytes = 2;

    /// <summary>The end of the body.</summary>
    public static ReadOnlySpan<byte> Last => "0\r\n\r\n"u8;

    /// <summary>
    /// Adds header and end to the <paramref name="length"/> bytes that are behind room for <see cref="MaxHeaderBytes"/> and before room for
    /// <see cref="EndBytes"/>, and returns the chunk.
    /// </summary>
    public static Span<byte> Close(Span<byte> buffer, int length)
    {
        Span<byte> digits = stackalloc byte[MaxHeaderBytes - 2];
        Utf8Formatter.TryFormat(length, digits, out int count, 'x');
        int start = MaxHeaderBytes - 2 - count;
        digits[..count].CopyTo(buffer[start..]);
        "\r\n"u8.CopyTo(buffer[(start + count)..]);
        "\r\n"u8.CopyTo(buffer[(MaxHeaderBytes + length)..]);
        return buffer[start..(MaxHeaderBytes + length + EndBytes)];
    }

    /// <summary>Returns a chunk of the bytes.</summary>
    public static byte[] Make(ReadOnlySpan<byte> bytes)
    {
        byte[] buffer = new byte[MaxHeaderBytes + bytes.Length + EndBytes];
        bytes.CopyTo(buffer.AsSpan(MaxHeaderBytes));
        return Close(buffer, bytes.Length).ToArray();
    }
}
