using Cecelia.Relay.Fanout;

namespace Cecelia.Relay.Tests.Connections;

/// <summary>PROTOCOL.md, <i>Close codes</i>: violations of RFC 6455, and the end of a connection.</summary>
public sealed class ProtocolTests(SharedRelay shared) : IClassFixture<SharedRelay>
{
    private static readonly byte[] Payload = "{}"u8.ToArray();
    private readonly RunningRelay _relay = shared.Relay;

    public static TheoryData<string> Violations => [.. Broken.Keys];

    private static Dictionary<string, WireFrame[]> Broken { get; } = new()
    {
        ["unmasked text"] = [new WireFrame(Opcode.Text, Payload) { Masked = false }],
        ["unmasked ping"] = [new WireFrame(Opcode.Ping, []) { Masked = false }],
        ["unmasked close"] = [WireFrame.OfClose(1000) with { Masked = false }],
        ["RSV1"] = [new WireFrame(Opcode.Text, Payload) { Reserved = 0x40 }],
        ["RSV2"] = [new WireFrame(Opcode.Text, Payload) { Reserved = 0x20 }],
        ["RSV3"] = [new WireFrame(Opcode.Ping, []) { Reserved = 0x10 }],
        ["opcode 3"] = [new WireFrame((Opcode)3, Payload)],
        ["opcode 7"] = [new WireFrame((Opcode)7, Payload)],
        ["opcode 11"] = [new WireFrame((Opcode)11, [])],
        ["opcode 15"] = [new WireFrame((Opcode)15, [])],
        ["continuation of nothing"] = [new WireFrame(Opcode.Continuation, Payload)],
        ["continuation behind a whole message"] = [WireFrame.OfText("{}"), new WireFrame(Opcode.Continuation, Payload)],
        ["text inside a fragmented message"] = [new WireFrame(Opcode.Text, Payload) { Final = false }, WireFrame.OfText("{}")],
        ["binary inside a fragmented message"] = [new WireFrame(Opcode.Text, Payload) { Final = false }, new WireFrame(Opcode.Binary, Payload)],
        ["ping of 126 bytes"] = [new WireFrame(Opcode.Ping, new byte[126])],
        ["close of 126 bytes"] = [new WireFrame(Opcode.Close, [0x03, 0xE8, .. new byte[124]])],
        ["fragmented ping"] = [new WireFrame(Opcode.Ping, []) { Final = false }],
        ["fragmented close"] = [WireFrame.OfClose(1000) with { Final = false }],
        ["close of one byte"] = [new WireFrame(Opcode.Close, [0x03])],
        ["close whose reason is not UTF-8"] = [new WireFrame(Opcode.Close, [0x03, 0xE8, 0xC3, 0x28])],
        ["an HTTP request"] = [new WireFrame((Opcode)7, "ET / HTTP/1.1"u8.ToArray()) { Masked = false, Final = false, Reserved = 0x40 }],
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task Forbidden_frame_closes_with_1002(string violation)
    {
        await using RawClient client = await _relay.ConnectRawAsync();

        await client.SendAsync(Broken[violation]);

        Assert.Equal(1002, (await client.ReadCloseAsync()).CloseCode);
    }

    [Fact]
    public async Task Client_that_keeps_sending_after_a_forbidden_frame_gets_the_close_frame_and_is_aborted_in_time()
    {
        await using RawClient client = await _relay.ConnectRawAsync();

        await client.SendAsync(Broken["opcode 3"]);
        await client.SendAsync(new byte[100_000]);

        // The client does not answer: the relay waits for its close timeout and no longer.
        List<WireFrame> frames = await client.ReadToEndAsync();
        Assert.Equal(1002, frames.Single().CloseCode);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(1004)]
    [InlineData(1005)]
    [InlineData(1006)]
    [InlineData(1015)]
    [InlineData(1016)]
    [InlineData(2999)]
    [InlineData(5000)]
    [InlineData(65535)]
    public async Task Close_with_a_reserved_code_is_answered_with_1002(int code)
    {
        await using RawClient client = await _relay.ConnectRawAsync();

        await client.SendAsync(WireFrame.OfClose(code));

        Assert.Equal(1002, (await client.ReadCloseAsync()).CloseCode);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(1003)]
    [InlineData(1007)]
    [InlineData(1014)]
    [InlineData(3000)]
    [InlineData(4999)]
    public async Task Close_is_answered_with_its_own_code_and_the_connection_ends(int code)
    {
        await using RawClient client = await _relay.ConnectRawAsync();

        await client.SendAsync(WireFrame.OfClose(code, "tschüß"));

        WireFrame? close = await client.ReadAsync();
        Assert.Equal(code, close!.CloseCode);
        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    public async Task Close_without_a_code_is_answered_without_a_code()
    {
        await using RawClient client = await _relay.ConnectRawAsync();

        await client.SendAsync(new WireFrame(Opcode.Close, []));

        WireFrame? close = await client.ReadAsync();
        Assert.Equal(Opcode.Close, close!.Opcode);
        Assert.Empty(close.Payload);
        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    public async Task Close_after_a_message_follows_its_response()
    {
        await using RawClient client = await _relay.ConnectRawAsync();

        await client.SendAsync(WireFrame.OfText("""{"type":"ping"}"""), WireFrame.OfClose(1000), WireFrame.OfText("""{"type":"ping"}"""));

        Assert.Equal([Opcode.Text, Opcode.Close], (await client.ReadToEndAsync()).Select(frame => frame.Opcode));
    }

    [Fact]
    public async Task Close_by_ClientWebSocket_completes()
    {
        await using TestClient client = await _relay.ConnectAsync();

        await client.CloseAsync();

        Assert.Equal(System.Net.WebSockets.WebSocketState.Closed, client.State);
    }
}
