using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>
/// Publishes arbitrary bytes on its own connection and its own implementation of the Redis protocol: fast, in order, and independent of the relay's code.
/// </summary>
internal sealed class EventPublisher : IAsyncDisposable
{
    public const string Channel = "cecelia:events";
    private const int BatchBytes = 64 * 1024;

    private readonly Socket _socket;
    private readonly byte[] _replies = new byte[64 * 1024];

    private EventPublisher(Socket socket) => _socket = socket;

    public static async Task<EventPublisher> ConnectAsync(RedisUrl redis)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync((IPEndPoint)redis.Hosts[0]).Within();
        return new EventPublisher(socket);
    }

    public Task PublishAsync(string payload, string channel = Channel) => PublishAsync([payload], channel);

    public Task PublishAsync(IEnumerable<string> payloads, string channel = Channel) => PublishAsync(payloads.Select(Encoding.UTF8.GetBytes), channel);

    /// <summary>Publishes all payloads. Returns when Redis has confirmed all of them.</summary>
    public Task PublishAsync(IEnumerable<byte[]> payloads, string channel = Channel) => PublishAsync(payloads.Select(payload => (channel, payload)));

    /// <summary>Publishes to several channels, in this order.</summary>
    public Task PublishAsync(IEnumerable<(string Channel, string Payload)> messages) =>
        PublishAsync(messages.Select(message => (message.Channel, Encoding.UTF8.GetBytes(message.Payload))));

    private async Task PublishAsync(IEnumerable<(string Channel, byte[] Payload)> messages)
    {
        var batch = new MemoryStream();
        int count = 0;
        foreach ((string channel, byte[] payload) in messages)
        {
            batch.Write(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"*3\r\n$7\r\nPUBLISH\r\n${Encoding.UTF8.GetByteCount(channel)}\r\n{channel}\r\n${payload.Length}\r\n")));
            batch.Write(payload);
            batch.Write("\r\n"u8);
            count++;
            if (batch.Length < BatchBytes) continue;
            await FlushAsync(batch, count);
            count = 0;
        }

        await FlushAsync(batch, count);
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task FlushAsync(MemoryStream batch, int count)
    {
        ReadOnlyMemory<byte> bytes = batch.GetBuffer().AsMemory(0, (int)batch.Length);
        Task<int> replies = CountRepliesAsync(count);
        for (int sent = 0; sent < bytes.Length;) sent += await _socket.SendAsync(bytes[sent..]).AsTask().Within();
        Assert.Equal(count, await replies);
        batch.SetLength(0);
    }

    private async Task<int> CountRepliesAsync(int count)
    {
        int seen = 0;
        while (seen < count)
        {
            int read = await _socket.ReceiveAsync(_replies).Within();
            Assert.True(read > 0, "Redis ended the publisher's connection");
            ReadOnlySpan<byte> replies = _replies.AsSpan(0, read);
            Assert.False(replies.Contains((byte)'-'), Encoding.UTF8.GetString(replies));
            seen += replies.Count((byte)'\n');
        }

        return seen;
    }
}
