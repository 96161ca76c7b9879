using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Cecelia.Relay.Duties;
using Cecelia.Relay.Events;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.State;
using Cecelia.Relay.Telemetry;
using Cecelia.Relay.Tests.Duties;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Cecelia.Relay.Tests.Ingest;

/// <summary>The cost of an event for which there is no memory.</summary>
public sealed class IngestFaultTests(RealRedis redis) : IClassFixture<RealRedis>
{
    [Fact]
    public async Task Event_that_fails_before_its_change_is_reported_as_missing_and_later_events_arrive()
    {
        var time = new FaultyTime();
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            replace: services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(time)));
        relay.ExpectsErrors = true;
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        await using SubprotocolClient client = await SubprotocolClient.ConnectAsync(relay.WebSocket);
        await publisher.PublishAsync(Numbered.Payload(1));
        Assert.Equal(1, (await client.ReceiveAsync(null)).Number);

        time.FailIngest(1);
        await publisher.PublishAsync(Numbered.Payload(2));
        await Eventually.TrueAsync(() => relay.Get<Ingestor>().Lost == 1, TestTimeouts.Default);
        await publisher.PublishAsync(Numbered.Payload(3));

        SubprotocolMessage gap = await client.ReceiveEventOrGapAsync();
        Assert.Equal("relay:gap", gap.Name);
        Assert.Equal("evicted", gap.Data.GetProperty("cause").GetString());
        Assert.Equal(1, gap.Data.GetProperty("missed").GetInt64());
        Assert.Equal(3, (await client.ReceiveAsync(null)).Number);
        Assert.Equal(2, relay.Get<Ingestor>().Accepted);
        LogLine line = Assert.Single(relay.Logs.Lines, line => line.Level >= LogLevel.Error);
        Assert.Equal(EventIds.IngestLost, line.Id.Id);
    }

    [Fact]
    public async Task Event_that_fails_during_its_change_ends_the_process_with_70_and_the_cause()
    {
        var ended = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            replace: services => services.Replace(
                ServiceDescriptor.Singleton(provider => new FatalExit(provider.GetRequiredService<ILogger<FatalExit>>(), ended.SetResult))));
        relay.ExpectsErrors = true;
        await using EventPublisher publisher = await EventPublisher.ConnectAsync(redis.Url);
        FailLookups(relay.Get<Feed>().State, EntityKind.Task);

        await publisher.PublishAsync("""{"event":"task:created","data":{"taskId":"t1"}}""");

        Assert.Equal(70, await ended.Task.Within());
        LogLine line = Assert.Single(relay.Logs.Lines, line => line.Level == LogLevel.Critical);
        Assert.Equal(EventIds.Fatal, line.Id.Id);
        Assert.IsType<OutOfMemoryException>(line.Fault);
        Assert.Contains("amid a change, for the test", line.Text, StringComparison.Ordinal);
    }

    /// <summary>Makes every lookup of an entity of that kind fail from now on. It is the first step of reducing an event, after the journal.</summary>
    private static void FailLookups(StateTable state, EntityKind kind)
    {
        object set = typeof(StateTable).GetField("_set", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(state)!;
        FieldInfo field = typeof(EntitySet).GetField("_lookup", BindingFlags.Instance | BindingFlags.NonPublic)!;
        var lookups = (Dictionary<byte[], Entity>.AlternateLookup<ReadOnlySpan<byte>>[])field.GetValue(set)!;
        lookups[(int)kind] = new Dictionary<byte[], Entity>(8, new NoMemory()).GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    private sealed class NoMemory : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public bool Equals(byte[]? x, byte[]? y) => Utf8Comparer.Instance.Equals(x, y);

        public int GetHashCode(ReadOnlySpan<byte> alternate) => throw Shortage.Of("memory amid a change");

        public int GetHashCode([DisallowNull] byte[] obj) => throw Shortage.Of("memory amid a change");
    }
}
