using System.Globalization;
using System.Text.Json;
using System.Text;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Tests.Events;
using CsCheck;

namespace Cecelia.Relay.Tests.Fanout;

/// <summary>PROTOCOL.md, <i>Event stream</i>: the text, as the algorithm of the standard parses it, and its chunks.</summary>
public sealed class EventStreamTextTests
{
    [Theory]
    [InlineData("{}", "", "data: {}\n\n")]
    [InlineData("{}", "abc", "id: abc\ndata: {}\n\n")]
    [InlineData("{\n}", "", "data: {\ndata: }\n\n")]
    [InlineData("{\r}", "", "data: {\ndata: }\n\n")]
    [InlineData("{\r\n}", "", "data: {\ndata: }\n\n")]
    [InlineData("{\n\r}", "", "data: {\ndata: \ndata: }\n\n")]
    [InlineData("{\r\r\n\n}", "", "data: {\ndata: \ndata: \ndata: }\n\n")]
    [InlineData("{}\n", "", "data: {}\ndata: \n\n")]
    public void Message_has_a_data_line_for_each_of_its_lines(string message, string id, string text) =>
        Assert.Equal(text, Encoding.UTF8.GetString(EventStreamText.Make(Encoding.UTF8.GetBytes(message), id, null)));

    [Fact]
    public void Retry_field_precedes_the_message() =>
        Assert.Equal("retry: 1500\nid: a\ndata: {}\n\n", Encoding.UTF8.GetString(EventStreamText.Make("{}"u8, "a", 1500)));

    [Fact]
    public async Task Json_with_line_breaks_between_tokens_is_read_as_the_same_json()
    {
        string[] tokens = ["{", "\"a\"", ":", "[", "1", ",", "\"x\\n\\r\"", ",", "{", "}", "]", ",", "\"ü\"", ":", "null", "}"];
        Gen<string> breaks = Gen.OneOf("", "", " ", "\n", "\r", "\r\n", "\n\n", "\r\r", "\n\r", "\r\n\r\n", "\t\n ");
        // Several events in one stream, each read in two pieces, as a network may split them.
        await Gen.Select(breaks.Array[tokens.Length], Gen.Int[0, 999]).Array[1, 20].SampleAsync(
            async events =>
            {
                string[] all = [.. events.Select(one => string.Concat(tokens.Zip(one.Item1, (token, after) => token + after)))];
                byte[][] texts =
                [
                    .. all.Select((json, i) => EventStreamText.Make(Encoding.UTF8.GetBytes(json), i.ToString(CultureInfo.InvariantCulture), null)),
                ];
                using var stream = new PiecedStream(
                    [
                        .. texts.SelectMany(
                            (text, i) => (byte[][])[text[..(text.Length * events[i].Item2 / 1000)], text[(text.Length * events[i].Item2 / 1000)..]]),
                    ]);
                using var reader = new EventStreamReader(stream);
                for (int i = 0; i < all.Length; i++)
                {
                    StreamEvent? read = await reader.ReadAsync();
                    Assert.NotNull(read);
                    Assert.Equal(all[i].ReplaceLineEndings("\n"), read.Data);
                    Assert.Equal("""{"a":[1,"x\n\r",{}],"ü":null}""", Compact(read.Data));
                    Assert.Equal(i.ToString(CultureInfo.InvariantCulture), read.LastEventId);
                }

                Assert.Null(await reader.ReadAsync());
            },
            iter: TestLength.Times(100));
    }

    [Theory]
    [InlineData(1, "1\r\n")]
    [InlineData(15, "f\r\n")]
    [InlineData(16, "10\r\n")]
    [InlineData(1_000_000, "f4240\r\n")]
    public void Chunk_has_its_length_in_hexadecimal_and_a_trailing_line_break(int length, string header)
    {
        byte[] bytes = [.. Enumerable.Range(0, length).Select(i => (byte)i)];

        byte[] chunk = HttpChunk.Make(bytes);

        Assert.Equal([.. Encoding.ASCII.GetBytes(header), .. bytes, .. "\r\n"u8], chunk);
    }

    [Fact]
    public void Event_is_the_same_message_in_every_encoding()
    {
        using var frames = new EventFrames(compressionMinBytes: 1_000_000);
        var position = new StreamPosition(0x0123456789abcdef, 0x1a1fd0007fb);
        frames.SetEvent(Decoding.Taken("{\"event\":\"e\",\n\"data\":{\"n\":\r\n1},\"timestamp\":\"2026-02-06T08:30:00Z\"}"), position, 0);

        string plain = WireFrame.ParseAll(frames.Frame(Kind(FrameEncoding.Plain)).ToArray()).Single().Text;
        string text = Encoding.UTF8.GetString(frames.Frame(Kind(FrameEncoding.EventStream)));
        string chunk = Encoding.UTF8.GetString(frames.Frame(Kind(FrameEncoding.ChunkedEventStream)));

        Assert.Equal("{\"event\":\"e\",\"data\":{\"n\":\r\n1},\"timestamp\":\"2026-02-06T08:30:00Z\",\"id\":\"0123456789abcdef-1a1fd0007fb\"}", plain);
        Assert.Equal($"id: {position}\ndata: {plain.Replace("\r\n", "\ndata: ", StringComparison.Ordinal)}\n\n", text);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{text.Length:x}\r\n{text}\r\n"), chunk);
        Assert.Equal(text, Encoding.UTF8.GetString(frames.Frame(Kind(FrameEncoding.EventStream))));
    }

    [Fact]
    public void Events_are_converted_to_text_without_allocating()
    {
        using var frames = new EventFrames(compressionMinBytes: 1_000_000);
        DecodedEvent decoded = Decoding.Taken("{\"event\":\"e\",\n\"data\":{\"n\":\r\n1}}");
        int bytes = 0;

        Allocations.AssertNone(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                frames.SetEvent(decoded, new StreamPosition((ulong)i, i), i);
                bytes += frames.Frame(Kind(FrameEncoding.EventStream)).Length + frames.Frame(Kind(FrameEncoding.ChunkedEventStream)).Length;
            }
        });

        Assert.True(bytes > 0);
    }

    private static ViewKind Kind(FrameEncoding encoding) => new(Filter.None, WireFormat.Subprotocol, encoding);

    private static string Compact(string json)
    {
        using var document = JsonDocument.Parse(json);
        return string.Concat(document.RootElement.GetRawText().Where(c => !char.IsWhiteSpace(c)));
    }

    /// <summary>Returns one piece per read.</summary>
    private sealed class PiecedStream(byte[][] pieces) : MemoryStream(pieces.SelectMany(piece => piece).ToArray(), writable: false)
    {
        private readonly Queue<int> _lengths = new(pieces.Select(piece => piece.Length).Where(length => length > 0));
        private int _left;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left == 0) _lengths.TryDequeue(out _left);
            int read = Read(buffer.Span[..Math.Min(buffer.Length, _left)]);
            _left -= read;
            return ValueTask.FromResult(read);
        }
    }
}
