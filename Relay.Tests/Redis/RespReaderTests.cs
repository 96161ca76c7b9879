using System.Text;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>
/// Everything that Redis may send to a subscriber is parsed from fragments of any size; anything else is refused before memory is allocated for it.
/// </summary>
public sealed class RespReaderTests
{
    private const int MaxPayloadBytes = 100;

    private const string Stream =
        "+OK\r\n"
        + "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
        + "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nh\r\nlo\r\n"
        + "-NOPERM no\r\n"
        + "*4\r\n$8\r\npmessage\r\n$2\r\nc*\r\n$3\r\nc:x\r\n$0\r\n\r\n"
        + "*2\r\n$4\r\npong\r\n$0\r\n\r\n"
        + ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nzz\r\n"
        + ":7\r\n$3\r\nabc\r\n$-1\r\n";

    private static readonly string[] Expected =
        ["reply OK", "reply ", "message c 5 h\r\nlo", "error NOPERM no", "pattern c:x 0 ", "reply ", "message c 2 zz", "reply 7", "reply abc", "reply "];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Messages_and_replies_are_parsed_from_fragments_of_any_size(int fragmentBytes) => Assert.Equal(Expected, ReadAll(Stream, fragmentBytes));

    [Theory]
    [InlineData(100, 100)]
    [InlineData(101, 101)]
    [InlineData(5000, 101)]
    [InlineData(1_000_000, 101)]
    public void Payload_over_the_limit_is_truncated_and_later_messages_are_parsed(int length, int kept)
    {
        string payload = new('x', length);
        byte[]? last = null;
        var lengths = new List<long>();
        var reader = new RespReader(
            new FragmentStream(Encoding.ASCII.GetBytes($"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n${length}\r\n{payload}\r\n+PONG\r\n"), 997), MaxPayloadBytes);

        Assert.Null(reader.Read((_, _, bytes, full) => { last = bytes; lengths.Add(full); }));

        Assert.Equal(kept, last!.Length);
        Assert.Equal([length], lengths);
        Assert.Equal("PONG", reader.Read((_, _, _, _) => Assert.Fail("no message"))!.Value.Text);
    }

    /// <summary>It is not passed to the handler, and later messages are parsed.</summary>
    [Fact]
    public void Message_of_a_shard_channel_is_only_counted()
    {
        var reader = new RespReader(new FragmentStream("*3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n$3\r\nabc\r\n+PONG\r\n"u8.ToArray(), 3), MaxPayloadBytes);

        Assert.Null(reader.Read((_, _, _, _) => Assert.Fail("no message")));

        Assert.Equal(1, reader.ShardMessages);
        Assert.Equal("PONG", reader.Read((_, _, _, _) => Assert.Fail("no message"))!.Value.Text);
    }

    [Fact]
    public void Channel_name_over_the_limit_is_truncated()
    {
        string name = new('n', 5000);

        Assert.Equal(
            [$"pattern {name[..RespReader.MaxChannelBytes]} 1 p", "reply OK"],
            ReadAll($"*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$5000\r\n{name}\r\n$1\r\np\r\n+OK\r\n", 64));
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", "0x48")]
    [InlineData("*1000000000\r\n", "elements")]
    [InlineData("*-1\r\n", "elements")]
    [InlineData("*3\r\n$2147483647\r\n", "bytes")]
    [InlineData("*3\r\n$-5\r\n", "bytes")]
    [InlineData("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$99999999999\r\n", "bytes")]
    [InlineData("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1e9\r\n", "number")]
    [InlineData("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$123456789012345678901\r\n", "line")]
    [InlineData("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nab\r\n", "longer")]
    [InlineData("*3\r\n*1\r\n", "0x2a")]
    [InlineData("*3\r\n$8\r\nxmessage\r\n$1\r\nc\r\n$1\r\na\r\n", "xmessage")]
    [InlineData("*3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:0\r\n", "ended a subscription")]
    [InlineData("*3\r\n$12\r\npunsubscribe\r\n$1\r\nc\r\n:0\r\n", "ended a subscription")]
    [InlineData("$4097\r\n", "bytes")]
    [InlineData("+no end\n", "line")]
    public void Other_input_is_refused_with_a_reason(string text, string reason)
    {
        RespException refusal = Assert.Throws<RespException>(() => ReadAll(text + new string(' ', 9000), 4096));

        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Endless_line_is_refused_and_not_buffered() =>
        Assert.Throws<RespException>(() => ReadAll("-" + new string('e', 1_000_000), 1000));

    [Fact]
    public void Stream_truncated_at_any_byte_is_reported_as_ended()
    {
        for (int length = 0; length < Stream.Length; length++)
        {
            string[] read = ReadAll(Stream[..length], 5);
            Assert.Equal(Expected.Take(read.Length), read);
        }
    }

    /// <summary>False lengths, never followed by that number of bytes, allocate no memory.</summary>
    [Fact]
    public void Declared_length_allocates_no_more_memory_than_the_limit()
    {
        byte[] text = "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$536870912\r\nx"u8.ToArray();
        var reader = new RespReader(new FragmentStream(text, 1000), MaxPayloadBytes);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<EndOfStreamException>(() => reader.Read((_, _, _, _) => { }));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000);
    }

    private static string[] ReadAll(string text, int fragmentBytes)
    {
        var all = new List<string>();
        var reader = new RespReader(new FragmentStream(Encoding.ASCII.GetBytes(text), fragmentBytes), MaxPayloadBytes);
        try
        {
            while (true)
            {
                RespReply? reply = reader.Read((isPattern, channel, payload, length) =>
                    all.Add($"{(isPattern ? "pattern" : "message")} {Encoding.ASCII.GetString(channel)} {length} {Encoding.ASCII.GetString(payload)}"));
                if (reply is { } one) all.Add($"{(one.IsError ? "error" : "reply")} {one.Text}");
            }
        }
        catch (EndOfStreamException)
        {
            return [.. all];
        }
    }

    /// <summary>Returns the bytes in fragments, as a socket may.</summary>
    private sealed class FragmentStream(byte[] bytes, int fragmentBytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, fragmentBytes));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, fragmentBytes)]);
    }
}
