using System.Net;
using System.Text.Json;
using Cecelia.Relay.Duties;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cecelia.Relay.Tests.Duties;

/// <summary>The duties of a whole relay. Runs alone, because all relays of a process share their meters.</summary>
[Collection(SerialTests.Name)]
public sealed class DutyRelayTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Failed_duties_fail_readiness_and_restart_while_clients_stay_connected()
    {
        var time = new FaultyTime();
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Recovery = new RecoveryOptions { KeepInterval = TimeSpan.FromMilliseconds(50) } },
            replace: services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(time)));
        relay.ExpectsErrors = true;
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using TestClient plain = await relay.ConnectAsync();
        await using SubprotocolClient rich = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        Duty link = relay.Get<DutySet>().Find(DutyName.RedisLink)!;
        Duty copy = relay.Get<DutySet>().Find(DutyName.HandoffCopy)!;

        time.HasTimers = false;

        await Eventually.TrueAsync(
            async () =>
            {
                (HttpStatusCode status, string body, _) = await relay.GetAsync("/readyz");
                return status == HttpStatusCode.ServiceUnavailable
                    && Check(body, "duty redis_link") is ("fail", var why)
                    && why.Contains(nameof(OutOfMemoryException), StringComparison.Ordinal);
            },
            TestTimeouts.Default);
        await Eventually.TrueAsync(async () => Check((await relay.GetAsync("/readyz")).Body, "duty handoff_copy") is ("warn", _), TestTimeouts.Default);
        JsonElement duties = (await relay.GetJsonAsync("/api/v1/status")).GetProperty("duties");
        Assert.InRange(duties.GetProperty("redis_link").GetProperty("failures").GetInt64(), 1, link.Failures);
        Assert.Equal("running", duties.GetProperty("sweeper").GetProperty("state").GetString());
        string metrics = (await relay.GetAsync("/metrics")).Body;
        Assert.Contains("relay_duty_failures_total{duty=\"sweeper\"} 0\n", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("relay_duty_failures_total{duty=\"redis_link\"} 0\n", metrics, StringComparison.Ordinal);

        time.HasTimers = true;

        await Eventually.TrueAsync(async () => (await relay.GetAsync("/readyz")).Status == HttpStatusCode.OK, TestTimeouts.Default);
        long failures = copy.Failures;
        await publisher.PublishAsync(Numbered.Payload(1));
        Assert.Equal(1, Numbered.Of(await plain.ReceiveAsync()));
        Assert.Contains("redis_lost", (await rich.ReceiveEventOrGapAsync()).Text, StringComparison.Ordinal);
        Assert.Equal(1, (await rich.ReceiveAsync(null)).Number);
        Assert.All(
            relay.Logs.Lines.Where(line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Error),
            line => Assert.Equal(EventIds.DutyFailed, line.Id.Id));
        Assert.InRange(failures, 1, long.MaxValue);
    }

    [Fact]
    public async Task Metrics_of_every_duty_exist_from_the_start()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(redis.Url, options => options with { Recovery = new RecoveryOptions() });

        string metrics = (await relay.GetAsync("/metrics")).Body;
        JsonElement duties = (await relay.GetJsonAsync("/api/v1/status")).GetProperty("duties");

        // The excluded duties need a setting.
        DutyName[] optional = [DutyName.Postgres, DutyName.RedisSentinel, DutyName.AccessKeys, DutyName.AccessTickets, DutyName.Certificates];
        foreach (DutyName name in Enum.GetValues<DutyName>().Except(optional))
        {
            Assert.Contains($"relay_duty_failures_total{{duty=\"{name.ToWireName()}\"}} 0\n", metrics, StringComparison.Ordinal);
            Assert.Contains($"relay_duty_running{{duty=\"{name.ToWireName()}\"}} 1\n", metrics, StringComparison.Ordinal);
            Assert.Equal("running", duties.GetProperty(name.ToWireName()).GetProperty("state").GetString());
        }

        Assert.Contains("relay_events_lost_total 0\n", metrics, StringComparison.Ordinal);
        Assert.Contains("relay_frames_lost_total 0\n", metrics, StringComparison.Ordinal);
    }

    private static (string Status, string Why)? Check(string body, string name)
    {
        foreach (JsonElement check in JsonDocument.Parse(body).RootElement.GetProperty("checks").EnumerateArray())
        {
            if (check.GetProperty("name").GetString() == name) return (check.GetProperty("status").GetString()!, check.GetProperty("why").GetString()!);
        }

        return null;
    }
}
