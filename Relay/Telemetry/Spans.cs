using System.Diagnostics;

namespace Cecelia.Relay.Telemetry;

/// <summary>
/// The relay's spans: recovery, handoff, outages of Redis, publication of runs, shutdown. There are no spans for single events, deliveries or connections.
/// Without a listener, no span is allocated. Thread-safe.
/// </summary>
internal static class Spans
{
    public const string SourceName = "Cecelia.Relay";
    public const string Recovery = "relay.recovery";
    public const string StreamRead = "relay.stream.read";
    public const string HandoffAnswer = "relay.handoff.answer";
    public const string RedisConnect = "relay.redis.connect";
    public const string RedisOutage = "relay.redis.outage";
    public const string RunsLead = "relay.runs.lead";
    public const string Drain = "relay.drain";

    private static readonly ActivitySource Source = new(SourceName, "1.0");

    /// <summary>Starts a span, which ends when it is disposed. Returns null if there is no listener.</summary>
    public static Activity? Start(string name) => Source.StartActivity(name);

    /// <summary>Records a span that began at <paramref name="start"/> and ends now.</summary>
    public static void Record(string name, DateTimeOffset start) =>
        Source.StartActivity(name, ActivityKind.Internal, parentContext: default, startTime: start)?.Dispose();
}
