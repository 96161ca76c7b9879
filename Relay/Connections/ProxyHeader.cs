using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace Cecelia.Relay.Connections;

/// <summary>The result of reading a PROXY protocol header.</summary>
internal enum ProxyHeaderState
{
    /// <summary>The bytes can be the start of a header; more are needed.</summary>
    Incomplete,

    /// <summary>The bytes are not a header, or the header is too long.</summary>
    Malformed,

    /// <summary>The bytes begin with a complete header.</summary>
    Complete,
}

/// <summary>Reads the header of the PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2). Pure; thread-safe.</summary>
internal static class ProxyHeader
{
    /// <summary>Maximum length of a line of version 1, including CRLF (section 2.1).</summary>
    private const int MaxLineBytes = 107;

    /// <summary>
    /// Maximum length of a header of version 2. The protocol allows 64 KiB, nearly all of it for extensions; the headers of actual proxies have a few hundred
    /// bytes.
    /// </summary>
    private const int MaxBinaryBytes = 4096;

    private const int BinaryHeadBytes = 16;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static ReadOnlySpan<byte> LineStart => "PROXY "u8;

    /// <summary>Reads the header at the start of <paramref name="buffer"/>.</summary>
    /// <param name="buffer">The bytes received so far.</param>
    /// <param name="length">The length of the header in bytes, if it is complete.</param>
    /// <param name="client">The client's address; null if the header contains none (<c>UNKNOWN</c>, <c>LOCAL</c>, another family than TCP): the peer itself
    /// is the client.</param>
    public static ProxyHeaderState Read(ReadOnlySequence<byte> buffer, out int length, out IPEndPoint? client)
    {
        (length, client) = (0, null);
        Span<byte> head = stackalloc byte[(int)Math.Min(buffer.Length, MaxBinaryBytes)];
        buffer.Slice(0, head.Length).CopyTo(head);
        if (StartsAs(head, LineStart)) return ReadLine(head, out length, out client);
        return StartsAs(head, Signature) ? ReadBinary(head, out length, out client) : ProxyHeaderState.Malformed;
    }

    private static bool StartsAs(ReadOnlySpan<byte> head, ReadOnlySpan<byte> start) =>
        head[..Math.Min(head.Length, start.Length)].SequenceEqual(start[..Math.Min(head.Length, start.Length)]);

    /// <summary><c>PROXY TCP4 CLIENT PROXY CLIENT-PORT PROXY-PORT</c>, or <c>PROXY UNKNOWN</c> with anything after it.</summary>
    private static ProxyHeaderState ReadLine(ReadOnlySpan<byte> head, out int length, out IPEndPoint? client)
    {
        (length, client) = (0, null);
        int end = head.IndexOf("\r\n"u8);
        if (end < 0) return head.Length < MaxLineBytes ? ProxyHeaderState.Incomplete : ProxyHeaderState.Malformed;
        length = end + 2;
        if (length > MaxLineBytes) return ProxyHeaderState.Malformed;
        string[] words = Encoding.ASCII.GetString(head[..end]).Split(' ');
        if (words[1] == "UNKNOWN") return ProxyHeaderState.Complete;
        if (words is not [_, "TCP4" or "TCP6", string address, _, string port, _]) return ProxyHeaderState.Malformed;
        if (!IPAddress.TryParse(address, out IPAddress? from) || !ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort fromPort))
        {
            return ProxyHeaderState.Malformed;
        }

        client = new IPEndPoint(from, fromPort);
        return ProxyHeaderState.Complete;
    }

    private static ProxyHeaderState ReadBinary(ReadOnlySpan<byte> head, out int length, out IPEndPoint? client)
    {
        (length, client) = (0, null);
        if (head.Length < BinaryHeadBytes) return ProxyHeaderState.Incomplete;
        length = BinaryHeadBytes + BinaryPrimitives.ReadUInt16BigEndian(head[14..]);
        if (head[12] >> 4 != 2 || (head[12] & 0xF) > 1 || length > MaxBinaryBytes) return ProxyHeaderState.Malformed;
        if (head.Length < length) return ProxyHeaderState.Incomplete;
        bool isLocal = (head[12] & 0xF) == 0;
        int addressBytes = head[13] switch
        {
            0x11 => 4,
            0x21 => 16,
            _ => 0,
        };
        if (isLocal || addressBytes == 0) return ProxyHeaderState.Complete;
        ReadOnlySpan<byte> addresses = head[BinaryHeadBytes..length];
        if (addresses.Length < (2 * addressBytes) + 4) return ProxyHeaderState.Malformed;
        client = new IPEndPoint(new IPAddress(addresses[..addressBytes]), BinaryPrimitives.ReadUInt16BigEndian(addresses[(2 * addressBytes)..]));
        return ProxyHeaderState.Complete;
    }
}
