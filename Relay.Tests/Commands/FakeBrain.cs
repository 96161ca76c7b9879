using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Commands;

/// <summary>A Brain that subscribes to commands over its own connection, stores them, and replies with ordinary events.</summary>
internal sealed class FakeBrain : IAsyncDisposable
{
    private readonly TcpClient _subscription;
    private readonly EventPublisher _publisher;
    private readonly string _prefix;
    private readonly Channel<string> _commands = Channel.CreateUnbounded<string>();
    private readonly Task _reading;

    private FakeBrain(TcpClient subscription, EventPublisher publisher, string prefix, StreamReader reader)
    {
        (_subscription, _publisher, _prefix) = (subscription, publisher, prefix);
        _reading = Task.Run(() => ReadAsync(reader));
    }

    /// <summary>Connects, and completes when Redis has confirmed the subscription.</summary>
    public static async Task<FakeBrain> ConnectAsync(RedisUrl redis, string prefix = "cecelia:")
    {
        var host = (IPEndPoint)redis.Hosts[0];
        var subscription = new TcpClient();
        await subscription.ConnectAsync(host).Within();
        // Latin-1, so that one byte is one character.
        var reader = new StreamReader(subscription.GetStream(), Encoding.Latin1);
        await subscription.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"*2\r\n$9\r\nSUBSCRIBE\r\n${prefix.Length + 8}\r\n{prefix}commands\r\n"));
        Assert.Equal("subscribe", (await ReadPushAsync(reader).Within())[0]);
        return new FakeBrain(subscription, await EventPublisher.ConnectAsync(redis), prefix, reader);
    }

    /// <summary>Number of received commands that were not read yet.</summary>
    public int Waiting => _commands.Reader.Count;

    /// <summary>Receives the next command as it was published.</summary>
    public Task<string> ReceiveTextAsync() => _commands.Reader.ReadAsync().AsTask().Within();

    /// <summary>Receives the next command.</summary>
    public async Task<JsonElement> ReceiveAsync() => JsonDocument.Parse(await ReceiveTextAsync()).RootElement;

    /// <summary>Publishes events.</summary>
    public Task PublishAsync(params string[] payloads) => _publisher.PublishAsync(payloads, _prefix + "events");

    public async ValueTask DisposeAsync()
    {
        _subscription.Dispose();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _publisher.DisposeAsync();
    }

    private static async Task<string[]> ReadPushAsync(StreamReader reader)
    {
        int count = int.Parse((await LineAsync(reader))[1..], CultureInfo.InvariantCulture);
        string[] parts = new string[count];
        for (int i = 0; i < count; i++)
        {
            string head = await LineAsync(reader);
            if (head[0] == ':')
            {
                parts[i] = head[1..];
                continue;
            }

            char[] text = new char[int.Parse(head[1..], CultureInfo.InvariantCulture) + 2];
            Assert.Equal(text.Length, await reader.ReadBlockAsync(text));
            parts[i] = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(text, 0, text.Length - 2));
        }

        return parts;
    }

    private static async Task<string> LineAsync(StreamReader reader) => await reader.ReadLineAsync() ?? throw new EndOfStreamException();

    private async Task ReadAsync(StreamReader reader)
    {
        while (true) _commands.Writer.TryWrite((await ReadPushAsync(reader))[2]);
    }
}
