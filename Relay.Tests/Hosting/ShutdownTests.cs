using System.Net;
using System.Text.Json;
using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Tests.Hosting;

/// <summary>PROTOCOL.md, <i>Shutdown</i>.</summary>
public sealed class ShutdownTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Stop_ends_every_plain_client_after_its_pending_events()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        TestClient[] clients = await relay.ConnectManyAsync(10);
        await publisher.PublishAsync(Numbered.Payloads(0, 100));
        Task<string[]>[] events = [.. clients.Select(client => client.ReceiveEventsAsync(100))];
        foreach (Task<string[]> received in events) Numbered.AssertInOrder(await received);

        Task stopped = relay.StopAsync();

        foreach (TestClient client in clients)
        {
            Assert.Empty(await client.ReceiveToEndAsync());
            await client.DisposeAsync();
        }

        await stopped;
        Assert.Equal(0, relay.Connections);
        Assert.Equal(10, relay.Logs.Closes.Count(close => close == (1001, CloseReason.ShuttingDown)));
    }

    [Fact]
    public async Task Stop_is_not_ready_and_refuses_upgrades_while_connections_close()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with
            {
                Connections = options.Connections with { CloseTimeout = TimeSpan.FromSeconds(20), ShutdownGrace = TimeSpan.FromSeconds(20) },
            });
        await using RawClient delaysShutdown = await relay.ConnectRawAsync();
        await using RawClient late = await RawClient.ConnectAsync(relay.Port);

        Task stopped = relay.StopAsync();
        Assert.Null(await delaysShutdown.ReadAsync());

        (HttpStatusCode status, string body, _) = await relay.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        JsonElement drain = JsonDocument.Parse(body).RootElement
            .GetProperty("checks")
            .EnumerateArray()
            .Single(check => check.GetProperty("name").GetString() == "drain");
        Assert.Equal("fail", drain.GetProperty("status").GetString());
        Assert.Equal(HttpStatusCode.OK, (await relay.GetAsync("/livez")).Status);
        RawResponse refused = await late.RequestAsync(RawClient.UpgradeRequest());
        Assert.Equal(503, refused.Status);
        Assert.Contains("shutting_down", refused.Body, StringComparison.Ordinal);
        Assert.True(refused.Headers.ContainsKey("Retry-After"));
        Assert.False(stopped.IsCompleted);

        await delaysShutdown.DisposeAsync();
        await stopped;
    }

    [Fact]
    public async Task Stop_ends_within_the_grace_when_clients_do_not_answer()
    {
        var grace = TimeSpan.FromSeconds(1);
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Connections = options.Connections with { CloseTimeout = TimeSpan.FromMinutes(10), ShutdownGrace = grace } });
        await using RawClient silent = await relay.ConnectRawAsync();
        await using RawClient another = await relay.ConnectRawAsync();

        // The wait is shorter than the close timeout: without the grace it would time out.
        await relay.StopAsync();

        Assert.Equal(0, relay.Connections);
        Assert.Empty(await silent.ReadToEndAsync());
    }

    [Fact]
    public async Task Stop_without_grace_aborts_connections_at_once()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Connections = options.Connections with { CloseTimeout = TimeSpan.FromSeconds(60), ShutdownGrace = TimeSpan.Zero } });
        await using RawClient client = await relay.ConnectRawAsync();

        await relay.StopAsync();

        Assert.Equal(0, relay.Connections);
    }

    [Fact]
    public async Task Stop_during_a_flood_ends_in_order()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url);
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using RawClient client = await relay.ConnectRawAsync();
        await using RawClient neverReads = await relay.ConnectRawAsync(receiveBufferBytes: 4096);
        await publisher.PublishAsync(Numbered.Payload(0));
        Task publishing = publisher.PublishAsync(Numbered.Payloads(1, 20_000, new string('x', 200)));
        Assert.Equal(0, Numbered.Of((await client.ReadMessageAsync()).Text));

        Task stopped = relay.StopAsync();

        // Whole frames in order, followed by the end of the stream.
        int next = 1;
        foreach (WireFrame frame in await client.ReadToEndAsync()) Assert.Equal(next++, Numbered.Of(frame.Text));
        Assert.False(client.WasReset);
        await client.DisposeAsync();
        await stopped;
        await publishing;
    }
}
