using System.Net.WebSockets;
using System.Text.Json;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Filters;
using Cecelia.Relay.Messages;

namespace Cecelia.Relay.Tests.Delivery;

/// <summary>Slow clients, snapshots and their memory.</summary>
public sealed partial class SubprotocolTests
{
    [Fact]
    public async Task Slow_client_receives_a_gap_and_reaches_the_state_of_fast_clients()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, Small);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using SubprotocolClient fast = await ConnectAsync(relay);
        await fast.ReceiveSnapshotAsync();
        await using TestClient slow = await relay.ConnectAsync(configure: options => options.AddSubProtocol("cecelia.v1"));
        const int Events = 6000;
        var truth = new Dictionary<string, int>();
        var seen = new Dictionary<string, int>();
        long missed = 0, received = 0;

        for (int n = 0; n < Events; n += 100)
        {
            await publisher.PublishAsync(Enumerable.Range(n, 100).Select(Payload));
            for (int i = 0; i < 100; i++) Note(truth, await fast.ReceiveAsync());
            // One in a hundred.
            Take(SubprotocolMessage.Parse(await slow.ReceiveAsync()));
        }

        while (seen.Count == 0 || seen.Values.Max() < Events - 1) Take(SubprotocolMessage.Parse(await slow.ReceiveAsync()));
        Assert.Equal(truth, seen);
        Assert.True(missed > 0, "no event was missed: the client did not lag");
        Assert.Equal(Events, received + missed);
        Assert.Equal(missed, relay.Get<PumpSet>().Missed);
        await Eventually.TrueAsync(() => relay.Get<TimelineReader>().SnapshotBytes < 1_000_000);

        void Take(SubprotocolMessage message)
        {
            if (message.Name == "relay:gap")
            {
                Assert.Equal("slow_client", message.Data.GetProperty("cause").GetString());
                missed += message.Data.GetProperty("missed").GetInt64();
            }
            else if (message.Name == "relay:snapshot")
            {
                if (message.Data.TryGetProperty("tasks", out JsonElement tasks))
                {
                    foreach (JsonElement task in tasks.EnumerateArray())
                    {
                        seen[task.GetProperty("id").GetString()!] = task.GetProperty("data").GetProperty("n").GetInt32();
                    }
                }
            }
            else if (!message.IsRelay)
            {
                received++;
                Note(seen, message);
            }
        }

        static void Note(Dictionary<string, int> state, SubprotocolMessage message) => state[message.Data.GetProperty("taskId").GetString()!] = message.Number;

        static string Payload(int n) =>
            $$$"""{"event":"task:progress","data":{"taskId":"t{{{n % 50}}}","n":{{{n}}},"padding":"{{{new string('x', 1000)}}}"}}""";
    }

    [Fact]
    public async Task Slow_plain_client_receives_the_state_again_as_events()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, Small);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using RawClient slow = await relay.ConnectRawAsync(receiveBufferBytes: 8 * 1024);
        const int Events = 3000;
        for (int n = 0; n < Events; n++)
        {
            string name = n < Events - 50 ? "task:progress" : "task:completed";
            await publisher.PublishAsync(
                $$$"""{"event":"{{{name}}}","data":{"taskId":"t{{{n % 50}}}","n":{{{n}}},"padding":"{{{new string('x', 1000)}}}"}}""");
        }

        await WaitForAcceptedAsync(relay, Events);
        var seen = new Dictionary<string, (string Name, int Number)>();
        int received = 0;
        while (seen.Count < 50 || seen.Values.Any(task => task.Name != "task:completed"))
        {
            var message = SubprotocolMessage.Parse((await slow.ReadMessageAsync()).Text);
            Assert.Null(message.Id);
            Assert.StartsWith("task:", message.Name, StringComparison.Ordinal);
            seen[message.Data.GetProperty("taskId").GetString()!] = (message.Name, message.Number);
            received++;
        }

        Assert.True(received < Events, "no event was missed: the client did not lag");
        Assert.Equal(Enumerable.Range(Events - 50, 50), seen.Values.Select(task => task.Number).Order());
    }

    [Fact]
    public async Task Clients_beyond_the_snapshot_limit_are_asked_to_reconnect()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Fanout = options.Fanout with { SnapshotBytes = 1 } });
        TimelineReader feed = relay.Get<TimelineReader>();
        View view = feed.Acquire(new ViewKind(Filter.None, WireFormat.Subprotocol, FrameEncoding.Plain))!;
        StartPoint? held = await feed.ResumeOrResetAsync(view, null, _ => [], CancellationToken.None);
        Assert.NotNull(held?.Snapshot);

        // A client with the same view shares the existing snapshot; one with another view gets none.
        await using SubprotocolClient same = await ConnectAsync(relay);
        WebSocketException refused = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(relay, "?task=t1"));
        Assert.Contains("503", refused.Message, StringComparison.Ordinal);

        // Released by all clients, and removed.
        held.Snapshot.Release();
        await same.ReceiveSnapshotAsync();
        await Eventually.TrueAsync(() => feed.SnapshotBytes == 0);
        await using SubprotocolClient another = await ConnectAsync(relay, "?task=t1");
        feed.Release(view);
    }

    [Fact]
    public async Task Connection_releases_its_snapshot_after_sending_it()
    {
        await using RunningRelay relay = await StartAsync();
        SubprotocolClient client = await ConnectAsync(relay);
        WeakReference? snapshot;
        while ((snapshot = SnapshotOf(relay.Get<TimelineReader>())) is null)
        {
            // On a busy machine it may have been released before it could be inspected; then the next one.
            await client.DisposeAsync();
            client = await ConnectAsync(relay);
        }

        await client.ReceiveSnapshotAsync();

        await Eventually.TrueAsync(
            () =>
            {
                GC.Collect();
                return !snapshot.IsAlive;
            },
            describe: () => "the snapshot is still held");
        Assert.Equal(WebSocketState.Open, client.Socket.State);
        await client.DisposeAsync();
    }
}
