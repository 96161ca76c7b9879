using System.Buffers;
using System.Text.Json;
using System.Text;
using Cecelia.Relay.Access;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Connections;
using Cecelia.Relay.Duties;
using Cecelia.Relay.Fanout;
using Cecelia.Relay.Health;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Messages;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Redis;
using Cecelia.Relay.State;
using Cecelia.Relay.Telemetry;

namespace Cecelia.Relay.Http;

/// <summary>The endpoints for operators and monitoring: liveness, readiness, metrics, status and refused events.</summary>
internal static class HealthEndpoints
{
    /// <summary>Some monitoring systems use HEAD. The server omits the body.</summary>
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapHealth(this WebApplication app)
    {
        app.MapMethods(
            "/livez",
            Methods,
            context => JsonResponse.WriteAsync(context, StatusCodes.Status200OK, json => json.WriteString("status", "ok")))
            .WithMetadata(ProbeEndpoint.Mark, AccessRule.Public);
        app.MapMethods("/readyz", Methods, AnswerReadyAsync).WithMetadata(ProbeEndpoint.Mark, AccessRule.Probe);
        app.MapMethods("/api/v1/status", Methods, AnswerStatusAsync).WithMetadata(AccessRule.Admin);
        AdminEndpoint.Map(app, "/metrics", AnswerMetricsAsync);
        AdminEndpoint.Map(app, "/api/v1/refused", AnswerRefusedAsync);
    }

    private static Task AnswerReadyAsync(HttpContext context)
    {
        IReadOnlyList<Check> checks = context.RequestServices.GetRequiredService<Readiness>().Look();
        bool ready = checks.All(check => check.Status != CheckStatus.Fail);
        // The reasons have addresses and names of publishers.
        bool hasReasons = context.RequestServices.GetService<AccessPolicy>() is null || context.FindGrant() is { Rights.Role: Role.Admin };
        return JsonResponse.WriteAsync(context, ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, json =>
        {
            json.WriteString("status", ready ? "ready" : "not_ready");
            json.WriteStartArray("checks");
            foreach (Check check in checks)
            {
                json.WriteStartObject();
                json.WriteString("name", check.Name);
                json.WriteString("status", check.Status.ToString().ToLowerInvariant());
                if (check.AgeSeconds is { } age) json.WriteNumber("age_seconds", age);
                if (hasReasons) json.WriteString("why", check.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static Task AnswerMetricsAsync(HttpContext context)
    {
        MetricsFormat format = MetricsFormats.Choose(context.Request);
        context.Response.ContentType = format.ToMediaType();
        context.Response.Headers.Vary = "Accept";
        string text = context.RequestServices.GetRequiredService<PrometheusReader>().CollectText(format);
        return TimedResponseWriter.WriteAsync(context, Encoding.UTF8.GetBytes(text));
    }

    private static Task AnswerStatusAsync(HttpContext context)
    {
        IServiceProvider services = context.RequestServices;
        Feed feed = services.GetRequiredService<Feed>();
        TimelineReader reader = services.GetRequiredService<TimelineReader>();
        ViewTable views = services.GetRequiredService<ViewTable>();
        RedisLinkStatus redis = services.GetRequiredService<RedisLink>().Status;
        return JsonResponse.WriteAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteNumber("connections", services.GetRequiredService<ConnectionTable>().Count);
            json.WriteStartObject("redis");
            json.WriteString("state", redis.Status.ToString().ToLowerInvariant());
            json.WriteString("server", redis.Server);
            json.WriteString("role", redis.Role.ToString());
            json.WriteString("since", redis.Since);
            if (redis.Reason is { } reason) json.WriteString("reason", reason);
            if (services.GetService<RedisSentinelWatch>() is { } sentinel) WriteSentinel(json, services.GetRequiredService<RedisUrl>(), sentinel);
            json.WriteEndObject();
            json.WriteStartObject("events");
            EventCounts counts = services.GetRequiredService<IngestThread>().Count();
            json.WriteNumber("received", counts.Received);
            json.WriteNumber("accepted", counts.Accepted);
            json.WriteNumber("refused", counts.Refused);
            json.WriteNumber("duplicate", counts.Duplicate);
            json.WriteNumber("dropped", counts.Dropped);
            json.WriteNumber("waiting", counts.Waiting);
            json.WriteNumber("lost", services.GetRequiredService<Ingestor>().Lost);
            json.WriteNumber("delivered", services.GetRequiredService<PumpSet>().Delivered);
            json.WriteNumber("missed", services.GetRequiredService<PumpSet>().Missed);
            json.WriteEndObject();
            WritePublishers(json, services.GetRequiredService<Ingestor>());
            WriteDuties(json, services.GetRequiredService<DutySet>());
            WriteCommands(json, services.GetRequiredService<CommandCounts>());
            WriteStream(json, feed, reader, views);
            WriteMemory(json, services.GetRequiredService<MemoryBounds>());
            WriteProcess(json, services);
            if (services.GetService<RunsBridge>() is { } runs) WriteRuns(json, runs);
        });
    }

    private static void WriteSentinel(Utf8JsonWriter json, RedisUrl url, RedisSentinelWatch sentinel)
    {
        json.WriteStartObject("sentinel");
        json.WriteString("master", url.Sentinel?.Name);
        json.WriteString("primary", sentinel.Primary);
        json.WriteStartArray("sentinels");
        foreach (System.Net.EndPoint host in url.Hosts) json.WriteStringValue(RedisUrl.Name(host));
        json.WriteEndArray();
        json.WriteString("watched", sentinel.Status.Watched);
        json.WriteString("since", sentinel.Status.Since);
        if (sentinel.Status.Reason is { } reason) json.WriteString("reason", reason);
        json.WriteEndObject();
    }

    private static void WritePublishers(Utf8JsonWriter json, Ingestor ingestor)
    {
        PublisherTable publishers = ingestor.Publishers;
        json.WriteStartObject("publishers");
        json.WriteNumber("restarted", publishers.Restarted);
        json.WriteNumber("missing", publishers.Missing);
        json.WriteNumber("unknown", publishers.Unknown);
        json.WriteNumber("forgotten", publishers.Forgotten);
        if (ingestor.Trouble is { } trouble)
        {
            json.WriteStartObject("trouble");
            json.WriteString("source", trouble.Source);
            json.WriteString("cause", trouble.Cause.ToWireName());
            json.WriteString("at", trouble.At);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteDuties(Utf8JsonWriter json, DutySet duties)
    {
        json.WriteStartObject("duties");
        foreach (Duty duty in duties.All)
        {
            DutyStatus status = duty.Status;
            json.WriteStartObject(duty.Name.ToWireName());
            json.WriteString("state", status.State.ToString().ToLowerInvariant());
            json.WriteString("since", status.Since);
            json.WriteNumber("failures", duty.Failures);
            if (status.Cause is { } cause) json.WriteString("cause", cause);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteCommands(Utf8JsonWriter json, CommandCounts commands)
    {
        json.WriteStartObject("commands");
        json.WriteNumber("published", commands.Count(CommandOutcome.Published));
        json.WriteNumber("pending", commands.Pending);
        json.WriteStartObject("refused");
        foreach (CommandOutcome outcome in CommandOutcomes.All.Where(outcome => outcome != CommandOutcome.Published))
        {
            json.WriteNumber(outcome.ToWireName(), commands.Count(outcome));
        }

        json.WriteEndObject();
        json.WriteStartObject("replies");
        foreach (ReplyOutcome outcome in ReplyOutcomes.All) json.WriteNumber(outcome.ToWireName(), commands.Count(outcome));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Writes the size of what is kept for clients that connect or reconnect.</summary>
    private static void WriteStream(Utf8JsonWriter json, Feed feed, TimelineReader reader, ViewTable views)
    {
        json.WriteString("position", feed.Position.ToString());
        json.WriteNumber("gaps", feed.Gaps);
        json.WriteStartObject("state");
        json.WriteStartObject("entities");
        foreach (EntityKind kind in Enum.GetValues<EntityKind>()) json.WriteNumber(kind.ToWireName(), feed.State.Count(kind));
        json.WriteEndObject();
        json.WriteNumber("bytes", feed.State.Bytes);
        json.WriteNumber("stale", feed.State.Stale);
        json.WriteStartObject("evicted");
        json.WriteNumber("live", feed.State.Evicted);
        json.WriteNumber("terminal", feed.State.EvictedTerminal);
        json.WriteEndObject();
        json.WriteNumber("truncated", feed.State.Truncated);
        json.WriteEndObject();
        (long entries, long bytes) = feed.JournalSize;
        json.WriteStartObject("journal");
        json.WriteNumber("entries", entries);
        json.WriteNumber("bytes", bytes);
        json.WriteEndObject();
        json.WriteStartObject("snapshots");
        json.WriteNumber("bytes", reader.SnapshotBytes);
        json.WriteEndObject();
        json.WriteStartObject("filters");
        json.WriteNumber("bytes", views.FilterBytes);
        json.WriteEndObject();
        json.WriteStartObject("resumes");
        foreach (ResumeOutcome outcome in Enum.GetValues<ResumeOutcome>()) json.WriteNumber(outcome.ToWireName(), reader.Resumes.Count(outcome));
        json.WriteEndObject();
    }

    /// <summary>Writes the memory limit and the bounds that were derived from it; nothing if the limit is unknown.</summary>
    private static void WriteMemory(Utf8JsonWriter json, MemoryBounds memory)
    {
        if (memory.LimitBytes == 0) return;
        json.WriteStartObject("memory");
        json.WriteNumber("limit_bytes", memory.LimitBytes);
        json.WriteNumber("budget_bytes", memory.BudgetBytes);
        json.WriteNumber("bounds_bytes", memory.SumBytes);
        json.WriteStartArray("scaled");
        foreach (string setting in memory.Scaled) json.WriteStringValue(setting);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes the counts of sockets, descriptors and threads. Omits those that the operating system does not provide.</summary>
    private static void WriteProcess(Utf8JsonWriter json, IServiceProvider services)
    {
        AcceptedSockets sockets = services.GetRequiredService<AcceptedSockets>();
        json.WriteStartObject("sockets");
        json.WriteNumber("accepted", sockets.Count);
        if (services.GetRequiredService<ConnectionOptions>().MaxSockets is > 0 and int limit) json.WriteNumber("limit", limit);
        json.WriteBoolean("paused", sockets.Paused);
        json.WriteNumber("pauses", sockets.Pauses);
        json.WriteStartObject("cut");
        foreach (SocketCut reason in Enum.GetValues<SocketCut>()) json.WriteNumber(reason.ToWireName(), sockets.CutFor(reason));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("process");
        json.WriteStartObject("descriptors");
        if (ProcessResources.OpenDescriptors() is { } open) json.WriteNumber("open", open);
        if (ProcessResources.DescriptorLimit() is { } maximum) json.WriteNumber("limit", maximum);
        json.WriteEndObject();
        if (ProcessResources.Threads() is { } threads) json.WriteNumber("threads", threads);
        json.WriteEndObject();
    }

    private static void WriteRuns(Utf8JsonWriter json, RunsBridge runs)
    {
        RunsBridgeStatus status = runs.Status;
        json.WriteStartObject("runs");
        json.WriteString("state", status.State.ToString().ToLowerInvariant());
        json.WriteString("database", runs.Server);
        json.WriteString("since", status.Since);
        json.WriteString("why", status.Reason);
        json.WriteNumber("lag_ms", runs.LagMs);
        json.WriteNumber("published", runs.Published);
        json.WriteNumber("skipped", runs.Skipped);
        json.WriteNumber("trimmed", runs.Trimmed);
        json.WriteNumber("lost", runs.Lost);
        json.WriteNumber("failures", runs.Failures);
        json.WriteEndObject();
    }

    private static Task AnswerRefusedAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        var body = new ArrayBufferWriter<byte>();
        context.RequestServices.GetRequiredService<RefusedLog>().WriteJson(body);
        return TimedResponseWriter.WriteAsync(context, body.WrittenMemory);
    }
}
