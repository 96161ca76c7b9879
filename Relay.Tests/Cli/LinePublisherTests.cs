using System.Text;
using Cecelia.Relay.Cli;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Cli;

public sealed class LinePublisherTests : IDisposable
{
    private readonly List<string> _sent = [];
    private readonly StringWriter _error = new();

    [Fact]
    public async Task Lines_are_published_in_order_without_line_ends_and_empty_lines_are_skipped()
    {
        LinePublisher publisher = await RunAsync("{\"a\":1}\n\r\n  \n{\"b\":2}\r\n{\"c\":3}"u8.ToArray());

        Assert.Equal(["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"], _sent);
        Assert.Equal((3, 0, 2L), (publisher.Published, publisher.Invalid, publisher.Receivers));
    }

    [Fact]
    public async Task Invalid_line_is_reported_by_number_and_the_other_lines_are_published()
    {
        LinePublisher publisher = await RunAsync("{\"a\":1}\n\nnope\n[1]\n{\"b\":\"\xff\"}\n{\"c\":3}\n"u8.ToArray());
        LinePublisher invalid = await RunAsync([.. "{\"b\":\""u8, 0xff, .. "\"}\n"u8]);

        Assert.Equal(["{\"a\":1}", "{\"b\":\"ÿ\"}", "{\"c\":3}"], _sent);
        Assert.Equal((3, 2), (publisher.Published, publisher.Invalid));
        Assert.Equal(1, invalid.Invalid);
        string[] reported = _error.ToString().Split('\n');
        Assert.StartsWith("line 3: not JSON: ", reported[0], StringComparison.Ordinal);
        Assert.Equal("line 4: not a JSON object", reported[1]);
        Assert.StartsWith("line 1: not JSON: ", reported[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Raw_mode_publishes_bytes_unchanged()
    {
        var bytes = new List<byte[]>();
        var publisher = new LinePublisher(
            payload =>
            {
                bytes.Add(payload);
                return Task.FromResult(0L);
            },
            raw: true,
            _error);

        await publisher.RunAsync(new MemoryStream([0xff, 0xfe, (byte)'\n', (byte)'x']), CancellationToken.None);

        Assert.Equal([[0xff, 0xfe], "x"u8.ToArray()], bytes);
    }

    [Fact]
    public async Task Outstanding_replies_are_bounded_and_all_are_awaited()
    {
        const int lines = 2000;
        int outstanding = 0;
        int max = 0;
        var publisher = new LinePublisher(
            async _ =>
            {
                max = Math.Max(max, Interlocked.Increment(ref outstanding));
                await Task.Yield();
                Interlocked.Decrement(ref outstanding);
                return 1;
            },
            raw: true,
            _error);

        await publisher.RunAsync(new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("x\n", lines)))), CancellationToken.None).Within();

        Assert.InRange(max, 1, LinePublisher.MaxOutstanding);
        Assert.Equal(lines, publisher.Published);
    }

    [Fact]
    public async Task Failure_stops_reading_and_completed_lines_are_counted()
    {
        int calls = 0;
        var publisher = new LinePublisher(
            _ => ++calls == 3 ? Task.FromException<long>(new RedisUnreachableException("gone")) : Task.FromResult(1L),
            raw: true,
            _error);

        await Assert.ThrowsAsync<RedisUnreachableException>(() => publisher.RunAsync(new MemoryStream("a\nb\nc\nd\n"u8.ToArray()), CancellationToken.None));

        Assert.Equal((3, 2), (calls, publisher.Published));
    }

    [Fact]
    public async Task Overlong_line_stops_reading()
    {
        await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(new byte[LineReader.MaxLineBytes + 5000]));

        Assert.Empty(_sent);
    }

    public void Dispose() => _error.Dispose();

    private async Task<LinePublisher> RunAsync(byte[] input)
    {
        var publisher = new LinePublisher(
            payload =>
            {
                _sent.Add(Encoding.UTF8.GetString(payload));
                return Task.FromResult(2L);
            },
            raw: false,
            _error);
        await publisher.RunAsync(new MemoryStream(input), CancellationToken.None).Within();
        return publisher;
    }
}
