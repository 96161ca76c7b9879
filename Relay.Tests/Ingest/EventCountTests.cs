using System.Globalization;
using System.Text;
using System.Text.Json;
using Cecelia.Relay.Ingest;
using CsCheck;
using Xunit.Abstractions;

namespace Cecelia.Relay.Tests.Ingest;

/// <summary>Every received event has exactly one outcome: 19,321 of a million mutated events were in no counter.</summary>
public sealed class EventCountTests(RealRedis redis, ITestOutputHelper output) : IClassFixture<RealRedis>
{
    private const int QueueBytes = 256 * 1024;

    [Fact]
    public async Task Received_is_the_sum_of_all_outcomes_at_all_times()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Ingest = options.Ingest with { QueueBytes = QueueBytes } });
        relay.ExpectsErrors = true;
        IngestQueue queue = relay.Get<IngestQueue>();
        long published = 0;
        using var stop = new CancellationTokenSource();
        Task<int> checking = Task.Run(() => CheckCountsAsync(relay, stop.Token));

        Gen<byte[]> payload = Gen.Frequency(
            (6, Gen.Select(Gen.Int[0, 3], Gen.Int[1, 40], Gen.Int[0, 1], Numbered)),
            (2, Gen.Int[0, 9].Select(n => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$$"""{"event":"x","data":{"n":{{{n}}}}}""")))),
            (1, Gen.OneOf("""{"event":"x","reply_to":"nobody"}""", """{"type":"x","type":"x"}""", "", "{", """{"event":"x","data":[]}""").Select(Encoding.UTF8.GetBytes)),
            (1, Gen.Byte.Array[0, 200]));
        payload.Array[0, 400].Sample(
            stream =>
            {
                foreach (byte[] one in stream) queue.TryAdd("cecelia:events"u8.ToArray(), one, one.Length);
                Interlocked.Add(ref published, stream.Length);
            },
            iter: TestLength.Times(100),
            threads: 1);

        await Eventually.TrueAsync(
            () => queue.Bytes == 0 && relay.Get<IngestThread>().Count().Waiting == 0,
            TestTimeouts.Default,
            () => relay.Get<IngestThread>().Count().ToString());
        await stop.CancelAsync();
        int checks = await checking.Within();
        EventCounts counts = relay.Get<IngestThread>().Count();
        output.WriteLine($"{checks} checks, {counts}, refused {counts.Refused}");
        Assert.Equal(published, counts.Received);
        Assert.True(counts is { Accepted: > 0, Refused: > 0, Duplicate: > 0 }, counts.ToString());
        Assert.True(checks > 0);
    }

    [Fact]
    public async Task Events_that_overflow_the_queue_or_arrived_on_a_lost_connection_are_dropped()
    {
        await using RunningRelay relay = await RunningRelay.StartAsync(
            redis.Url,
            options => options with { Ingest = options.Ingest with { QueueBytes = 5000 } });
        relay.ExpectsErrors = true;
        IngestQueue queue = relay.Get<IngestQueue>();
        IngestThread thread = relay.Get<IngestThread>();
        RecoveryGate gate = relay.Get<RecoveryGate>();
        using var decoding = new SemaphoreSlim(0);
        queue.Add(() => decoding.Wait(TestTimeouts.Default));
        for (int i = 0; i < 100; i++) queue.TryAdd("cecelia:events"u8.ToArray(), Encoding.UTF8.GetBytes(Harness.Numbered.Payload(i)), 50);
        EventCounts held = thread.Count();
        Assert.Equal((100, 0, queue.Dropped, 100 - queue.Dropped), (held.Received, held.Accepted, held.Dropped, held.Waiting));
        decoding.Release();
        await Eventually.TrueAsync(() => thread.Count().Waiting == 0);

        queue.Add(gate.SkipDiscarded);
        queue.TryAdd("cecelia:events"u8.ToArray(), "{}"u8.ToArray(), 2);
        queue.Add(() => gate.Skip(1));
        queue.TryAdd("cecelia:events"u8.ToArray(), "{}"u8.ToArray(), 2);
        await Eventually.TrueAsync(() => thread.Count() is { Waiting: 0, Received: 102 });
        Assert.Equal((queue.Dropped + 1, 1), (thread.Count().Dropped, thread.Count().Duplicate));
    }

    /// <summary>Reads the status and the metrics until it is cancelled; each of them must add up.</summary>
    private static async Task<int> CheckCountsAsync(RunningRelay relay, CancellationToken cancellationToken)
    {
        int checks = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            JsonElement events = (await relay.GetJsonAsync("/api/v1/status")).GetProperty("events");
            Assert.True(Of("waiting") >= 0, events.GetRawText());
            Assert.Equal(Of("received"), Of("accepted") + Of("refused") + Of("duplicate") + Of("dropped") + Of("waiting"));

            string[] lines = (await relay.GetAsync("/metrics")).Body.Split('\n');
            Assert.True(Sum("waiting") >= 0);
            Assert.Equal(Sum("received_total"), Sum("accepted_total") + Sum("refused_total") + Sum("duplicate_total") + Sum("dropped_total") + Sum("waiting"));
            checks++;

            long Of(string name) => events.GetProperty(name).GetInt64();
            long Sum(string name) => lines
                .Where(line => line.StartsWith("relay_events_" + name, StringComparison.Ordinal))
                .Sum(line => long.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
        }

        return checks;
    }

    private static byte[] Numbered(int source, int number, int run) =>
        Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $$$"""{"event":"x","source":"s{{{source}}}","seq":{{{number}}},"data":{"run":{{{run}}}}}"""));
}
