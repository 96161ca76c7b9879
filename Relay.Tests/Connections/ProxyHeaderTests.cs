using System.Buffers;
using System.Net;
using System.Text;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>The header of the PROXY protocol, in every form and split at every byte.</summary>
public sealed class ProxyHeaderTests
{
    private const string Signature = "0D0A0D0A000D0A515549540A";

    [Theory]
    [InlineData("PROXY TCP4 203.0.113.7 10.0.0.1 40000 5221\r\n", "203.0.113.7:40000")]
    [InlineData("PROXY TCP6 2001:db8::7 2001:db8::1 40000 5221\r\n", "[2001:db8::7]:40000")]
    [InlineData("PROXY UNKNOWN\r\n", null)]
    [InlineData("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", null)]
    public void Text_header_is_read_when_complete(string line, string? client) => AssertReads(Encoding.ASCII.GetBytes(line), client);

    [Theory]
    [InlineData("2111000C" + "CB007107" + "0A000001" + "9C40" + "1465", "203.0.113.7:40000")]
    [InlineData("21210024" + "20010DB8000000000000000000000007" + "20010DB8000000000000000000000001" + "9C40" + "1465", "[2001:db8::7]:40000")]
    [InlineData("21110010" + "CB007107" + "0A000001" + "9C40" + "1465" + "03000141", "203.0.113.7:40000")]
    [InlineData("20000000", null)]
    [InlineData("2011000C" + "CB007107" + "0A000001" + "9C40" + "1465", null)]
    [InlineData("21000000", null)]
    public void Binary_header_is_read_when_complete(string hex, string? client) => AssertReads(Convert.FromHexString(Signature + hex), client);

    [Theory]
    [InlineData("GET /ws HTTP/1.1\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 10.0.0.1 40000\r\n")]
    [InlineData("PROXY TCP4 203.0.113.700 10.0.0.1 40000 5221\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 10.0.0.1 65536 5221\r\n")]
    [InlineData("PROXY UDP4 203.0.113.7 10.0.0.1 40000 5221\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData("PROXY TCP4 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void Other_input_is_malformed(string bytes) => Assert.Equal(ProxyHeaderState.Malformed, Read(Encoding.ASCII.GetBytes(bytes), out _, out _));

    [Theory]
    [InlineData("1111000C" + "CB007107" + "0A000001" + "9C40" + "1465")] // version 1 in the binary form
    [InlineData("2211000C" + "CB007107" + "0A000001" + "9C40" + "1465")] // an unknown command
    [InlineData("2111000A" + "CB007107" + "0A000001" + "9C40")] // no room for the addresses
    [InlineData("21111000")] // longer than is accepted
    public void Invalid_binary_header_is_malformed(string hex) =>
        Assert.Equal(ProxyHeaderState.Malformed, Read(Convert.FromHexString(Signature + hex), out _, out _));

    private static void AssertReads(byte[] header, string? client)
    {
        byte[] bytes = [.. header, .. "GET / HTTP/1.1\r\n"u8];
        for (int split = 0; split < header.Length; split++) Assert.Equal(ProxyHeaderState.Incomplete, Read(bytes.AsMemory(0, split), out _, out _));

        Assert.Equal(ProxyHeaderState.Complete, Read(bytes, out int length, out IPEndPoint? read));
        Assert.Equal((header.Length, client), (length, read?.ToString()));
    }

    private static ProxyHeaderState Read(ReadOnlyMemory<byte> bytes, out int length, out IPEndPoint? client) =>
        ProxyHeader.Read(new ReadOnlySequence<byte>(bytes), out length, out client);
}
