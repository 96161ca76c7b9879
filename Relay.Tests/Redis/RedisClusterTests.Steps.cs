using System.Globalization;
using System.Net.Sockets;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Tests.Redis;

/// <summary>The steps that the tests share: publishers at several nodes and the comparison of two instances.</summary>
public sealed partial class RedisClusterTests
{
    /// <summary>Publishes at this node and no other, as a publisher outside the relay may.</summary>
    private static Task PublishAsync(RedisServer node, IEnumerable<string> events) => Task.Factory.StartNew(
        () =>
        {
            using var client = new TcpClient("127.0.0.1", node.Port) { ReceiveTimeout = (int)TestTimeouts.Default.TotalMilliseconds };
            foreach (string one in events)
            {
                RedisWire.Send(client.GetStream(), ["PUBLISH", "cecelia:events", one]);
                RedisWire.Receive(client.GetStream());
            }
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private static IEnumerable<string> Endless(string name, CancellationToken stop)
    {
        for (int n = 0; !stop.IsCancellationRequested; n++) yield return Created(string.Create(CultureInfo.InvariantCulture, $"{name}-{n}"));
    }

    private static string Name(int publisher, int number) => string.Create(CultureInfo.InvariantCulture, $"{publisher}-{number}");

    private static string Created(string id) => $$$"""{"event":"task:created","data":{"taskId":"{{{id}}}"},"timestamp":"2026-11-29T00:00:00.000Z"}""";

    /// <summary>Publishes at all nodes, and compares the bytes that the clients of two instances receive.</summary>
    private async Task AssertOneOrderAsync(RunningRelay first, RunningRelay second)
    {
        const int Events = 300;
        await using TestClient one = await first.ConnectAsync();
        await using TestClient another = await second.ConnectAsync();
        await Task.WhenAll(
            cluster.Nodes.Select((node, publisher) => PublishAsync(node, Enumerable.Range(0, Events).Select(n => Created(Name(publisher, n))))));
        string[] atFirst = await one.ReceiveEventsAsync(cluster.Nodes.Count * Events);
        Assert.Equal(atFirst, await another.ReceiveEventsAsync(cluster.Nodes.Count * Events));
    }

    private Task<RunningRelay> StartAsync(int first, string user = "") =>
        RunningRelay.StartAsync(
            LinkHarness.Parse(cluster.Url(first).Replace("redis://", "redis://" + user, StringComparison.Ordinal)),
            options => options with { Recovery = new RecoveryOptions() });

    private RedisUrl Parse(int first) => LinkHarness.Parse(cluster.Url(first));
}
