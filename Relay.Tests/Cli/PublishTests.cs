using System.Text;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Cli;

public sealed class PublishTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Lines_are_numbered_and_stored_in_the_stream()
    {
        using var terminal = new TestTerminal("{\"event\":\"a\"}\n{\"event\":\"b\",\"seq\":4}\n{\"event\":\"c\"}\n");

        int exitCode = await terminal.RunAsync("publish", "--redis", redis.Url.Masked, "--stream", "kept", "--number", "brain");

        Assert.Equal(2, exitCode);
        Assert.StartsWith("line 2: numbered already", terminal.Error, StringComparison.Ordinal);
        Assert.StartsWith("Published 2 events on cecelia:events", terminal.OutLines[0], StringComparison.Ordinal);
        Assert.Matches("^Numbered 1 to 2 as brain-[0-9a-f]{8}\\.$", terminal.OutLines[1]);
        string source = terminal.OutLines[1].Split(' ')[^1].TrimEnd('.');
        RedisReply<RedisStreamRead> read = await RedisStream.ReadAsync(
            redis.Url, "kept", default, 10, 1000, TestTimeouts.Default, TimeProvider.System, CancellationToken.None);
        Assert.Equal(
            [$$"""{"source":"{{source}}","seq":1,"event":"a"}""", $$"""{"source":"{{source}}","seq":2,"event":"c"}"""],
            read.Value!.Entries.Select(entry => Encoding.UTF8.GetString(entry.Payload)));
    }

    [Fact]
    public async Task One_event_is_stored_in_the_stream_unchanged()
    {
        using var terminal = new TestTerminal();

        Assert.Equal(0, await terminal.RunAsync("publish", "{\"event\":\"x\"}", "--redis", redis.Url.Masked, "--stream", "one"));

        RedisReply<RedisStreamRead> read = await RedisStream.ReadAsync(
            redis.Url, "one", default, 10, 1000, TestTimeouts.Default, TimeProvider.System, CancellationToken.None);
        Assert.Equal("{\"event\":\"x\"}"u8.ToArray(), Assert.Single(read.Value!.Entries).Payload);
    }

    [Fact]
    public async Task Redis_without_streams_is_reported()
    {
        using EmbeddedRedis embedded = EmbeddedRedis.Start(0);
        using var terminal = new TestTerminal();

        Assert.Equal(1, await terminal.RunAsync("publish", "{}", "--redis", embedded.Url.Masked, "--stream", "one"));

        Assert.StartsWith("this Redis has no Streams", terminal.Error, StringComparison.Ordinal);
    }
}
