using System.Text;
using System.Text.Json;
using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>PROTOCOL.md, <i>Client messages</i> and <i>Limits</i>: accepted messages, and the responses to invalid ones.</summary>
public sealed class ClientMessageTests(SharedRelay shared) : IClassFixture<SharedRelay>
{
    private const string Pong = """{"type":"pong"}""";
    private static readonly WireFrame Ping = WireFrame.OfText("""{"type":"ping"}""");
    private readonly RunningRelay _relay = shared.Relay;

    [Theory]
    [InlineData("""{"cmd":"ping"}""")]
    [InlineData(""" { "id" : 7 , "cmd" : "ping" } """)]
    public async Task Ping_command_gets_a_pong_event(string message)
    {
        await using TestClient client = await _relay.ConnectAsync();

        await client.SendAsync(message);

        Assert.StartsWith("""{"event":"pong","data":{},"timestamp":""", await client.ReceiveAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/ws/projects/p1")]
    [InlineData("/ws?format=tasktree")]
    [InlineData("/api/v1/ws/executions/e1")]
    public async Task Responses_have_type_in_formats_that_use_type(string address)
    {
        await using TestClient client = await _relay.ConnectToAsync(address);

        await client.SendAsync("""{"cmd":"ping"}""");
        await client.SendAsync("{}");

        Assert.Equal(Pong, await client.ReceiveAsync());
        Assert.StartsWith("""{"type":"error","reason":"unknown_message",""", await client.ReceiveAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"ping"}""")]
    [InlineData("""{"type":"p\u0069ng","more":[{"type":1}]}""")]
    [InlineData("""{"t\u0079pe":"ping","\ud800":"\ud800","since":"\ud800"}""")]
    public async Task Ping_message_gets_a_pong_message(string message)
    {
        await using TestClient client = await _relay.ConnectAsync();

        await client.SendAsync(message);

        Assert.Equal(Pong, await client.ReceiveAsync());
    }

    [Theory]
    [InlineData("not_json", "hello")]
    [InlineData("not_json", "")]
    [InlineData("not_json", "{")]
    [InlineData("not_json", """{"type":"ping"}}""")]
    [InlineData("not_json", """{"type":"ping"} {"type":"ping"}""")]
    [InlineData("not_json", """{"type":"ping","x":}""")]
    [InlineData("not_json", "[1,")]
    [InlineData("not_an_object", "[1,2]")]
    [InlineData("not_an_object", "null")]
    [InlineData("not_an_object", "\"ping\"")]
    [InlineData("unknown_message", "{}")]
    [InlineData("command_not_allowed", """{"type":"subscribe"}""")]
    [InlineData("unknown_message", """{"type":"hello"}""")]
    [InlineData("bad_command", """{"type":7}""")]
    [InlineData("unknown_message", """{"data":{"type":"ping"}}""")]
    [InlineData("unknown_message", """{"Type":"ping"}""")]
    [InlineData("bad_command", """{"type":"\ud800"}""")]
    [InlineData("bad_command", """{"cmd":"\udc00x"}""")]
    [InlineData("unknown_message", """{"\ud800":1}""")]
    [InlineData("bad_command", """{"cmd":"start_session","\ud800":1}""")]
    [InlineData("bad_command", """{"\ud800":"ping","cmd":"start_session"}""")]
    [InlineData("bad_command", """{"cmd":"start_session","ref":"\ud800"}""")]
    [InlineData("bad_command", """{"cmd":"start_session","project_id":"\ud800"}""")]
    public async Task Invalid_message_gets_one_error_and_the_connection_stays_open(string reason, string message)
    {
        // In the member that the client used, as far as it could be read.
        bool hasType = message.StartsWith("""{"type":""", StringComparison.Ordinal);
        await using TestClient client = await _relay.ConnectAsync();

        await client.SendAsync(message);
        await client.SendAsync("""{"type":"ping"}""");

        JsonElement error = JsonDocument.Parse(await client.ReceiveAsync()).RootElement;
        bool isType = error.TryGetProperty("type", out JsonElement type);
        Assert.Equal(hasType, isType);
        Assert.Equal("error", (isType ? type : error.GetProperty("event")).GetString());
        JsonElement data = isType ? error : error.GetProperty("data");
        Assert.Equal(reason, data.GetProperty("reason").GetString());
        Assert.NotEmpty(data.GetProperty(isType ? "message" : "error").GetString()!);
        Assert.Equal(Pong, await client.ReceiveAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(125)]
    public async Task Ping_frame_gets_a_pong_frame_with_the_same_payload(int length)
    {
        await using RawClient client = await _relay.ConnectRawAsync();
        byte[] payload = Enumerable.Range(1, length).Select(i => (byte)i).ToArray();

        await client.SendAsync(new WireFrame(Opcode.Ping, payload));

        WireFrame pong = await client.ReadMessageAsync();
        Assert.Equal(Opcode.Pong, pong.Opcode);
        Assert.Equal(payload, pong.Payload);
    }

    [Fact]
    public async Task Oversized_message_is_refused_by_its_declared_length()
    {
        await using RawClient client = await _relay.ConnectRawAsync();

        await client.SendAsync(new WireFrame(Opcode.Text, []) { DeclaredLength = 10_000_000 });

        Assert.Equal(1009, (await client.ReadMessageAsync()).CloseCode);
    }

    [Fact]
    public async Task Message_length_with_all_bits_set_is_refused()
    {
        await using RawClient client = await _relay.ConnectRawAsync();

        // All 64 bits set: RFC 6455 forbids the highest.
        await client.SendAsync((byte[])[0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4]);

        Assert.Equal(1009, (await client.ReadMessageAsync()).CloseCode);
    }

    [Fact]
    public async Task Message_of_the_maximum_size_is_accepted_and_a_larger_one_is_refused()
    {
        const int MaxBytes = 64 * 1024;
        await using RawClient client = await _relay.ConnectRawAsync();

        await client.SendAsync(
            WireFrame.OfText("""{"type":"ping","x":""}""".Replace("\"\"", $"\"{new string('x', MaxBytes - 22)}\"", StringComparison.Ordinal)));
        Assert.Equal(Pong, (await client.ReadMessageAsync()).Text);
        await client.SendAsync(WireFrame.OfText(new string('x', MaxBytes + 1)));

        Assert.Equal(1009, (await client.ReadCloseAsync()).CloseCode);
    }

    [Fact]
    public async Task Fragmented_message_over_the_limit_is_refused_at_the_excess_fragment()
    {
        await using RawClient client = await _relay.ConnectRawAsync();

        await client.SendAsync(
            new WireFrame(Opcode.Text, new byte[40_000]) { Final = false },
            new WireFrame(Opcode.Continuation, []) { Final = false, DeclaredLength = 30_000 });

        Assert.Equal(1009, (await client.ReadMessageAsync()).CloseCode);
    }

    [Fact]
    public async Task Client_that_keeps_sending_an_oversized_message_still_gets_the_close_frame()
    {
        await using RawClient client = await _relay.ConnectRawAsync();

        await client.SendAsync(WireFrame.OfText(new string('x', 2_000_000)));

        Assert.Equal(1009, (await client.ReadCloseAsync()).CloseCode);
    }

    [Fact]
    public async Task Binary_message_is_refused()
    {
        await using RawClient client = await _relay.ConnectRawAsync();

        await client.SendAsync(new WireFrame(Opcode.Binary, [1, 2, 3]));

        Assert.Equal(1003, (await client.ReadCloseAsync()).CloseCode);
    }

    [Theory]
    [InlineData(new byte[] { 0xC3, 0x28 })]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { (byte)'"', 0xE4, 0xBB })]
    public async Task Invalid_utf8_text_is_refused(byte[] text)
    {
        await using RawClient whole = await _relay.ConnectRawAsync();
        await using RawClient inPieces = await _relay.ConnectRawAsync();

        await whole.SendAsync(new WireFrame(Opcode.Text, text));
        await inPieces.SendAsync(new WireFrame(Opcode.Text, text[..1]) { Final = false }, new WireFrame(Opcode.Continuation, text[1..]));

        Assert.Equal(1007, (await whole.ReadCloseAsync()).CloseCode);
        Assert.Equal(1007, (await inPieces.ReadCloseAsync()).CloseCode);
    }

    [Fact]
    public async Task Fragmented_message_is_reassembled_and_an_interleaved_ping_is_answered_at_once()
    {
        await using RawClient client = await _relay.ConnectRawAsync();
        byte[] text = Encoding.UTF8.GetBytes("""{"名":"任务","type":"ping"}""");

        // Split inside a character, with an empty fragment, and with a ping in between.
        await client.SendAsync(
            new WireFrame(Opcode.Text, text[..3]) { Final = false },
            new WireFrame(Opcode.Ping, [9, 8, 7]),
            new WireFrame(Opcode.Continuation, []) { Final = false },
            new WireFrame(Opcode.Continuation, text[3..10]) { Final = false });
        WireFrame pong = await client.ReadMessageAsync();
        await client.SendAsync(new WireFrame(Opcode.Continuation, text[10..]));

        Assert.Equal(Opcode.Pong, pong.Opcode);
        Assert.Equal([9, 8, 7], pong.Payload);
        Assert.Equal(Pong, (await client.ReadMessageAsync()).Text);
    }

    [Fact]
    public async Task Message_with_the_maximum_number_of_fragments_is_accepted_and_with_one_more_is_refused()
    {
        await using RawClient client = await _relay.ConnectRawAsync();

        await client.SendAsync(Fragments(1024));
        Assert.Equal(Pong, (await client.ReadMessageAsync()).Text);
        await client.SendAsync(Fragments(1025));

        WireFrame close = await client.ReadCloseAsync();
        Assert.Equal(1008, close.CloseCode);
        Assert.Contains("fragments", Encoding.UTF8.GetString(close.Payload.AsSpan(2)), StringComparison.Ordinal);

        static WireFrame[] Fragments(int count) =>
        [
            new WireFrame(Opcode.Text, []) { Final = false },
            .. Enumerable.Range(0, count - 2).Select(_ => new WireFrame(Opcode.Continuation, []) { Final = false }),
            new WireFrame(Opcode.Continuation, Ping.Payload),
        ];
    }

    [Theory]
    [InlineData(Opcode.Text)]
    [InlineData(Opcode.Ping)]
    [InlineData(Opcode.Pong)]
    internal async Task Too_many_messages_in_a_second_close_the_connection(Opcode opcode)
    {
        await using RawClient client = await _relay.ConnectRawAsync();

        // In one write, and more than two seconds' worth of the limit, so that the start of the relay's second does not matter.
        await client.SendAsync(Enumerable.Repeat(new WireFrame(opcode, Ping.Payload), 120).ToArray());

        WireFrame close = await client.ReadCloseAsync();
        Assert.Equal(1008, close.CloseCode);
        Assert.Contains("messages", Encoding.UTF8.GetString(close.Payload.AsSpan(2)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Message_sent_byte_by_byte_is_read()
    {
        await using RawClient client = await _relay.ConnectRawAsync();

        foreach (byte one in Ping.ToBytes()) await client.SendAsync((byte[])[one]);

        Assert.Equal(Pong, (await client.ReadMessageAsync()).Text);
    }

    [Fact]
    public async Task Message_sent_with_the_upgrade_request_is_answered()
    {
        await using RawClient client = await RawClient.ConnectAsync(_relay.Port);

        await client.SendAsync((byte[])[.. Encoding.ASCII.GetBytes(RawClient.UpgradeRequest()), .. Ping.ToBytes()]);
        RawResponse response = await client.RequestAsync("");

        Assert.Equal(101, response.Status);
        Assert.Equal(Pong, (await client.ReadMessageAsync()).Text);
    }

    [Fact]
    public async Task Responses_are_not_written_inside_events()
    {
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(shared.Redis);
        await using RawClient client = await _relay.ConnectRawAsync();
        Task publishing = publisher.PublishAsync(Numbered.Payloads(0, 3000, new string('x', 200)));

        // Fewer than the limit per second.
        for (int i = 0; i < 40; i++) await client.SendAsync(new WireFrame(Opcode.Ping, [(byte)i]));
        List<WireFrame> frames = [];
        while (frames.Count < 3040) frames.Add(await client.ReadMessageAsync());

        await publishing;
        Numbered.AssertInOrder([.. frames.Where(frame => frame.Opcode == Opcode.Text).Select(frame => frame.Text)]);
        Assert.Equal(Enumerable.Range(0, 40), frames.Where(frame => frame.Opcode == Opcode.Pong).Select(frame => (int)frame.Payload[0]));
    }
}
