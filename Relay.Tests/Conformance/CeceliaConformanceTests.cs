using System.Collections.Concurrent;
using System.Text.Json;

namespace Cecelia.Relay.Tests.Conformance;

/// <summary>The Cecelia wire format as its documents define it: the message, the events, and the client that they sketch.</summary>
public sealed class CeceliaConformanceTests(SharedRelay shared) : IClassFixture<SharedRelay>
{
    private static readonly string[] Steps = ["task:created", "task:started", "task:progress", "task:completed"];

    public static TheoryData<string, string> Events => new()
    {
        { "task:created", """{"taskId":"t1","runId":"r1","status":"queued"}""" },
        { "task:started", """{"taskId":"t1","runId":"r1","status":"running"}""" },
        { "task:progress", """{"taskId":"t1","runId":"r1","status":"running","progress":42}""" },
        { "task:completed", """{"taskId":"t1","runId":"r1","status":"completed","progress":100}""" },
        { "task:failed", """{"taskId":"t1","runId":"r1","status":"failed"}""" },
        { "executor:status", """{"activeCount":2,"availableSlots":3}""" },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public async Task Broadcast_event_is_delivered_verbatim_to_every_client(string name, string data)
    {
        // JSON.stringify({ event, data, timestamp: new Date().toISOString() })
        string message = $$"""{"event":"{{name}}","data":{{data}},"timestamp":"2026-02-06T08:30:00.000Z"}""";
        await using EventPublisher publisher = await PublisherAsync();
        TestClient[] clients = await shared.Relay.ConnectManyAsync(10);
        await using TestClient byName = await shared.Relay.ConnectAsync($"?events={name}"),
            byPattern = await shared.Relay.ConnectAsync("?events=task:*,executor:*"),
            others = await shared.Relay.ConnectAsync("?events=token_stream,the:end");

        await publisher.PublishAsync([message, """{"event":"the:end"}"""]);

        foreach (TestClient client in (TestClient[])[.. clients, byName, byPattern]) Assert.Equal(message, await client.ReceiveAsync());
        Assert.Contains("the:end", await others.ReceiveAsync(), StringComparison.Ordinal);
        foreach (TestClient client in clients) await client.DisposeAsync();
    }

    /// <summary>Test plan, 4: five concurrent tasks, every change of each; 2: the same in two windows.</summary>
    [Fact]
    public async Task Five_concurrent_tasks_show_every_change_in_two_windows()
    {
        await using TestClient first = await shared.Relay.ConnectAsync(), second = await shared.Relay.ConnectAsync();
        string[] tasks = [.. Enumerable.Range(0, 5).Select(i => $"t{i}")];

        await Task.WhenAll(tasks.Select(async task =>
        {
            await using EventPublisher publisher = await PublisherAsync();
            foreach (string step in Steps) await publisher.PublishAsync($$$"""{"event":"{{{step}}}","data":{"taskId":"{{{task}}}"}}""");
        }));

        string[] seen = await first.ReceiveEventsAsync(tasks.Length * Steps.Length);
        Assert.Equal(seen, await second.ReceiveEventsAsync(tasks.Length * Steps.Length));
        JsonElement[] messages = [.. seen.Select(text => JsonDocument.Parse(text).RootElement)];
        Assert.All(
            tasks,
            task => Assert.Equal(
                Steps,
                messages
                    .Where(message => message.GetProperty("data").GetProperty("taskId").GetString() == task)
                    .Select(message => message.GetProperty("event").GetString())));
    }

    /// <summary>Test plan, 3: the client that the document sketches, which reconnects after a pause whenever its connection is closed.</summary>
    [Fact]
    public async Task Documented_client_receives_events_after_the_service_restarts()
    {
        RunningRelay relay = await RunningRelay.StartAsync(shared.Redis);
        int port = relay.Port;
        await using EventPublisher publisher = await PublisherAsync();
        var received = new ConcurrentQueue<string>();
        using var stop = new CancellationTokenSource();
        Task client = ListenAsync(relay.WebSocket, received, stop.Token);
        await PublishUntilReceivedAsync("before");

        await relay.DisposeAsync();
        relay = await RunningRelay.StartAsync(shared.Redis, options => options with { Port = port });
        await PublishUntilReceivedAsync("after");

        await stop.CancelAsync();
        await client.Within();
        await relay.DisposeAsync();

        // A client that is not connected yet gets nothing, so publish until it has received one event.
        Task PublishUntilReceivedAsync(string id) => Eventually.TrueAsync(
            async () =>
            {
                await publisher.PublishAsync($$$"""{"event":"task:started","data":{"taskId":"{{{id}}}"}}""");
                return received.Any(text => text.Contains(id, StringComparison.Ordinal));
            },
            TestTimeouts.Default);
    }

    private static async Task ListenAsync(Uri address, ConcurrentQueue<string> received, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using TestClient socket = await TestClient.ConnectAsync(address);
                await using CancellationTokenRegistration end = stop.Register(socket.Abort);
                while (true) received.Enqueue(await socket.ReceiveAsync());
            }
            catch (Exception closed) when (
                closed is System.Net.WebSockets.WebSocketException or OperationCanceledException or ObjectDisposedException or Xunit.Sdk.XunitException)
            {
                // The abort at the end disposes the socket. Otherwise onclose: reconnect after a pause. The document's pause is three seconds.
                await Task.Yield();
            }
        }
    }

    private Task<EventPublisher> PublisherAsync() => EventPublisher.ConnectAsync(shared.Redis);
}
