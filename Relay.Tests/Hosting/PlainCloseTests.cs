using Cecelia.Relay.Fanout;
using Cecelia.Relay.Tests.Conformance;
using Cecelia.Relay.Tests.Delivery;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>PROTOCOL.md, <i>Close codes</i>: a client without the subprotocol that should reconnect gets the end of the stream and no close frame.</summary>
public sealed class PlainCloseTests(RealRedis redis) : IClassFixture<RealRedis>
{
    private const int Clients = 100;
    private const int Events = 200;
    private const string Ping = """{"type":"ping"}""";

    /// <summary>Each client is sending when the relay ends, so that a reset would discard data in transit to it.</summary>
    [Fact]
    public async Task Last_event_before_sigterm_reaches_each_of_a_hundred_plain_clients()
    {
        await using RelayProcess relay = await StartAsync(("CECELIA_DRAIN_WINDOW_SECONDS", "0"));
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        RawClient[] clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => RawClient.ConnectAsync(relay.Port)));
        foreach (RawClient client in clients) await client.UpgradeAsync();

        foreach (RawClient client in clients) await client.SendAsync(WireFrame.OfText(Ping));
        await publisher.PublishAsync(Numbered.Payloads(0, Events, new string('x', 1000)));
        relay.Terminate();

        foreach (RawClient client in clients)
        {
            List<WireFrame> frames = await client.ReadToEndAsync();
            Assert.False(client.WasReset);
            Assert.All(frames, frame => Assert.Equal(Opcode.Text, frame.Opcode));
            string[] events = [.. frames.Select(frame => frame.Text).Where(IsNumbered)];
            Numbered.AssertInOrder(events);
            Assert.Equal(Events, events.Length);
            await client.DisposeAsync();
        }

        Assert.True(await relay.ExitAsync() == 0, relay.Output);
    }

    [Fact]
    public async Task Last_event_before_sigterm_reaches_each_of_a_hundred_plain_clients_over_tls()
    {
        await using RelayProcess relay = await StartAsync(("CECELIA_DRAIN_WINDOW_SECONDS", "0"), ("CECELIA_TLS_CERTIFICATE", TestCertificate.File));
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        TestClient[] clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => TestClient.ConnectAsync(relay.WebSocket)));
        Task<List<string>>[] received = [.. clients.Select(client => client.ReceiveToEndAsync())];

        await publisher.PublishAsync(Numbered.Payloads(0, Events, new string('x', 1000)));
        relay.Terminate();

        foreach (Task<List<string>> events in received) Assert.Equal(Enumerable.Range(0, Events), (await events).Select(Numbered.Of));
        foreach (TestClient client in clients) await client.DisposeAsync();
        Assert.True(await relay.ExitAsync() == 0, relay.Output);
    }

    /// <summary>The Workflow client does not reconnect after a clean close. It stayed disconnected after each graceful restart.</summary>
    [Fact]
    public async Task Workflow_client_reconnects_after_sigterm_and_a_restart()
    {
        RelayProcess relay = await StartAsync();
        var restarted = new TaskCompletionSource();
        await using var client = new WorkflowClient(relay.WebSocket, () => restarted.Task);
        await client.ConnectAsync();

        relay.Terminate();
        Assert.True(await relay.ExitAsync() == 0, relay.Output);
        await Eventually.TrueAsync(() => client.Status != "connected");
        Assert.Equal("reconnecting", client.Status);
        await using RelayProcess next = await StartAsync(relay.Port);
        restarted.SetResult();

        await Eventually.TrueAsync(() => client.Connections == 2);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await publisher.PublishAsync(Numbered.Payload(7));
        await Eventually.TrueAsync(() => client.Messages.Any(IsNumbered));
        await relay.DisposeAsync();
    }

    private static bool IsNumbered(string text) => text.Contains("\"event\":\"number\"", StringComparison.Ordinal);

    private Task<RelayProcess> StartAsync(params (string Name, string Value)[] settings) => StartAsync(RedisServer.FreePort(), settings);

    private async Task<RelayProcess> StartAsync(int port, params (string Name, string Value)[] settings)
    {
        RelayProcess relay = RelayProcess.Start(port, [("CECELIA_REDIS_URL", redis.Url.ToString()), ("CECELIA_HANDOFF_BYTES", "0"), .. settings]);
        await relay.ReadyAsync();
        return relay;
    }
}
