using System.Globalization;
using System.Text.Json;
using System.Text;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;
using Cecelia.Relay.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Cecelia.Relay.Tests.Recovery;

/// <summary>The steps that the tests share: outages, publishers and what a client received.</summary>
public sealed partial class StreamTests
{
    private async Task CheckAsync(RedisServer redis, RunningRelay relay, string[] states, Func<RecordingClient, Func<int>, Task> disturb)
    {
        await using RecordingClient client = await ConnectAsync(relay);
        await using RecordingClient plain = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: false);
        await using RedisPublisher connection = await RedisPublisher.ConnectAsync(LinkHarness.Parse(redis.Url), LongStream);
        var publisher = new NumberedPublisher(connection, "brain");
        using var stop = new CancellationTokenSource();
        int last = 0;
        Task publishing = Task.Run(async () =>
        {
            using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
            while (!stop.IsCancellationRequested)
            {
                for (int i = 0; i < 3; i++)
                {
                    await publisher.PublishAsync(EventPublisher.Channel, Encoding.UTF8.GetBytes(Numbered.Payload(last + 1)));
                    Volatile.Write(ref last, last + 1);
                }

                await beat.WaitForNextTickAsync(CancellationToken.None);
            }
        });
        await client.WaitForNumberAsync(50);
        string before = client.All.Single(message => message.Name == "number" && message.Number == 50).Id!;

        await disturb(client, () => Volatile.Read(ref last));
        int seen = Volatile.Read(ref last) + 50;
        await client.WaitForNumberAsync(seen);
        await stop.CancelAsync();
        await publishing.Within();
        await client.WaitForNumberAsync(last);
        await plain.WaitForNumberAsync(last);

        output.WriteLine($"{last} events");
        Assert.Equal(Enumerable.Range(1, last), client.Numbers);
        Assert.Equal(Enumerable.Range(1, last), plain.Numbers);
        Assert.DoesNotContain(client.All, message => message.Name == "relay:gap");
        Assert.Equal(states, client.All.Where(message => message.Name == "relay:link").Select(message => message.Data.GetProperty("status").GetString()!));
        Assert.Equal(0, relay.Get<Feed>().Gaps);
        await using SubprotocolClient again = await SubprotocolClient.ConnectAsync(relay.WebSocket, since: before);
        Assert.True(again.Hello.GetProperty("recovered").GetBoolean());
        for (int n = 51; n <= last; n++) Assert.Equal(n, (await again.ReceiveAsync(null)).Number);
    }

    private static async Task OutageAsync(TcpProxy proxy, RecordingClient client, Func<Task> action)
    {
        proxy.BlackHole(includeNew: true);
        (_, int degraded, _) = await client.WaitForLinkStatusAsync("degraded");
        await action();
        proxy.Heal();
        await client.WaitForLinkStatusAsync("live", degraded);
    }

    /// <summary>Returns what the client received in short form: the number of an event; the cause of a gap, with its publisher's fields.</summary>
    private static string[] Received(RecordingClient client) =>
        [.. client.All.Where(message => message.Name is not "relay:hello" and not "relay:snapshot").Select(message => message.Name switch
    {
        "number" => message.Number.ToString(CultureInfo.InvariantCulture),
        "relay:gap" => Received(message.Data),
        _ => message.Name,
    })];

    private static string Received(JsonElement gap) => gap.GetProperty("cause").GetString() switch
    {
        "publisher_gap" => $"publisher_gap {gap.GetProperty("source")} {gap.GetProperty("fromSeq")}-{gap.GetProperty("toSeq")} {gap.GetProperty("missed")}",
        "evicted" => $"evicted {gap.GetProperty("missed")}",
        { } cause => cause,
        null => "",
    };

    private static string[] Numbers(int first, int count) => [.. Enumerable.Range(first, count).Select(n => n.ToString(CultureInfo.InvariantCulture))];

    /// <summary>Adds events of one publisher to the stream, and publishes them from a number on, all in one transaction.</summary>
    private static async Task AppendAsync(RedisServer redis, int first, int count, int publishedFrom = 0, string source = "s")
    {
        const string Script = """
            for n = tonumber(ARGV[1]), ARGV[1] + ARGV[2] - 1 do
              local event = '{"event":"number","source":"' .. ARGV[4] .. '","seq":' .. n .. ',"data":{"n":' .. n .. '}}'
              redis.call('XADD', KEYS[1], '*', 'p', event)
              if n >= tonumber(ARGV[3]) then redis.call('PUBLISH', KEYS[2], event) end
            end
            return 'done'
            """;
        string[] numbers = [.. ((int[])[first, count, publishedFrom]).Select(number => number.ToString(CultureInfo.InvariantCulture))];
        Assert.Equal("done", await redis.CommandAsync(["EVAL", Script, "2", Stream, EventPublisher.Channel, .. numbers, source]));
    }

    /// <summary>Starts a server with a stream that began before any event, like one that has been kept for longer than an outage lasts.</summary>
    private static async Task<RedisServer> StartRedisAsync()
    {
        RedisServer redis = await RedisServer.StartAsync();
        await redis.CommandAsync("XADD", Stream, "1-1", "p", "");
        return redis;
    }

    private static async Task<RecordingClient> ConnectAsync(RunningRelay relay)
    {
        RecordingClient client = await RecordingClient.ConnectAsync(relay.WebSocket, subprotocol: true);
        await client.WaitForAsync(message => message.Name == "relay:snapshot");
        return client;
    }

    /// <summary>Starts a relay, and waits until the first probe has shown it the end of the stream.</summary>
    private static async Task<RunningRelay> StartAsync(
        int port,
        string stream = Stream,
        bool hasHandoff = false,
        long queueBytes = 32 * 1024 * 1024,
        int secondsAhead = 0)
    {
        RunningRelay relay = await RunningRelay.StartAsync(
            RedisUrl.For("127.0.0.1", port),
            options => options with
            {
                Redis = options.Redis with { StreamKey = stream },
                Ingest = options.Ingest with { QueueBytes = queueBytes },
                Recovery = hasHandoff ? new RecoveryOptions() : options.Recovery,
            },
            replace: services => services.AddSingleton<TimeProvider>(new ShiftedTime(TimeSpan.FromSeconds(secondsAhead))));
        await Eventually.TrueAsync(() => relay.Get<RedisLink>().Status.LastProbe is not null);
        return relay;
    }

    /// <summary>Waits for a probe that was sent after this call.</summary>
    private static async Task WaitForProbeAsync(RunningRelay relay)
    {
        DateTimeOffset now = relay.Get<TimeProvider>().GetUtcNow();
        await Eventually.TrueAsync(() => relay.Get<RedisLink>().Status.LastProbe > now);
    }
}
