using System.Diagnostics;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Tests.Telemetry;

/// <summary>
/// deploy/CONFIGURATION.md, <i>Telemetry</i>: spans without a listener cost nothing. Runs alone, because listeners are shared by the process.
/// </summary>
[Collection(SerialTests.Name)]
public sealed class SpansTests
{
    [Fact]
    public void Span_without_a_listener_does_not_allocate() => Allocations.AssertNone(() =>
    {
        for (int i = 0; i < 1000; i++)
        {
            Spans.Start(Spans.Recovery)?.Dispose();
            Spans.Record(Spans.RedisOutage, DateTimeOffset.UnixEpoch);
        }
    });

    [Fact]
    public void Recorded_span_has_the_given_start_and_is_not_current()
    {
        var ended = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Spans.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Add,
        };
        ActivitySource.AddActivityListener(listener);
        DateTimeOffset start = DateTimeOffset.UtcNow.AddMinutes(-1);

        Spans.Record(Spans.RedisOutage, start);

        Activity span = Assert.Single(ended);
        Assert.Equal((Spans.RedisOutage, start.UtcDateTime), (span.OperationName, span.StartTimeUtc));
        Assert.InRange(span.Duration, TimeSpan.FromMinutes(1), TimeSpan.MaxValue);
        Assert.Null(Activity.Current);
    }
}
