using System.Diagnostics;

namespace Cecelia.Relay.Telemetry;

/// <summary>
/// The relay's spans: recovery, handoff, outages of Redis, publication of runs, shutdown, and events whose publisher's trace is continued. There are none for
/// single deliveries and connections. Without a listener, no span is allocated. Thread-safe.
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
    public const string EventReceive = "relay.event.receive";
    public const string EventFanout = "relay.event.fanout";

    private static readonly ActivitySource Source = new(SourceName, "1.0");

    /// <summary>Starts a span, which ends when it is disposed. Returns null if there is no listener.</summary>
    public static Activity? Start(string name) => Source.StartActivity(name);

    /// <summary>Starts a span below a span of another process or thread. Returns null if there is no listener.</summary>
    /// <param name="name">The name.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="parent">The context of the parent.</param>
    /// <param name="start">The time at which it began; absent: now.</param>
    public static Activity? Start(string name, ActivityKind kind, ActivityContext parent, DateTimeOffset start = default) =>
        Source.StartActivity(name, kind, parent, startTime: start);

    /// <summary>Records a span that began at <paramref name="start"/> and ends now.</summary>
    public static void Record(string name, DateTimeOffset start) =>
        Source.StartActivity(name, ActivityKind.Internal, parentContext: default, startTime: start)?.Dispose();
}
