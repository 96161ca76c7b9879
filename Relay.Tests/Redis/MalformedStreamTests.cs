using System.Net;
using System.Net.Sockets;
using System.Text;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>A malformed reply to XRANGE is a failure of Redis, not a bug of the relay. No real Redis sends one: a fake server simulates it.</summary>
public sealed class MalformedStreamTests
{
    [Theory]
    [InlineData("+OK\r\n")]
    [InlineData("*-1\r\n")]
    [InlineData("*1\r\n$1\r\nx\r\n")]
    [InlineData("*1\r\n*1\r\n$3\r\n1-1\r\n")]
    [InlineData("*1\r\n*2\r\n$3\r\n1-1\r\n$1\r\nx\r\n")]
    [InlineData("*1\r\n*2\r\n*0\r\n*0\r\n")]
    [InlineData("*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n*0\r\n*0\r\n")]
    public async Task Malformed_reply_to_XRANGE_is_a_failure_with_a_reason(string xrangeReply)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        Task serving = ServeAsync(server, xrangeReply);
        RedisUrl url = RedisUrl.For("127.0.0.1", ((IPEndPoint)server.LocalEndpoint).Port);

        RedisReply<RedisStreamRead> reply = await RedisStream.ReadAsync(
            url, "s", default, 10, 1000, TestTimeouts.Default, TimeProvider.System, CancellationToken.None).Within();

        Assert.Equal(RedisOutcome.Unreachable, reply.Outcome);
        Assert.NotEmpty(reply.Reason);
        server.Stop();
        await serving.Within();
    }

    private static async Task ServeAsync(TcpListener server, string xrangeReply)
    {
        var served = new List<Task>();
        try
        {
            while (true) served.Add(ServeAsync(await server.AcceptTcpClientAsync(), xrangeReply));
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(served);
        }
    }

    private static async Task ServeAsync(TcpClient client, string xrangeReply)
    {
        using (client)
        {
            try
            {
                using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
                while (await reader.ReadLineAsync() is { } line)
                {
                    // An array of bulk strings: the length and the text of each.
                    string[] command = new string[int.Parse(line.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture)];
                    for (int i = 0; i < command.Length; i++)
                    {
                        await reader.ReadLineAsync();
                        command[i] = await reader.ReadLineAsync() ?? "";
                    }

                    string reply = command[0].ToUpperInvariant() switch
                    {
                        "XRANGE" => xrangeReply,
                        "PING" => "+PONG\r\n",
                        "ROLE" => "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n",
                        "ECHO" => $"${command[1].Length}\r\n{command[1]}\r\n",
                        "INFO" => "$24\r\nrole:master\r\nredis_v:7\r\n\r\n",
                        _ => "+OK\r\n",
                    };
                    await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(reply));
                }
            }
            catch (IOException)
            {
                // The relay has closed the connection.
            }
        }
    }
}
