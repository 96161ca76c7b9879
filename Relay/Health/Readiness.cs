using Cecelia.Relay.Connections;
using Cecelia.Relay.Duties;
using Cecelia.Relay.Ingest;
using Cecelia.Relay.Postgres;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Health;

/// <summary>Whether new clients should be sent here, and why not.</summary>
internal sealed class Readiness(StreamRecovery continuity, Ingestor ingestor, Drain drain, DutySet duties, AcceptedSockets sockets, TimeProvider time, RunsBridge? runs = null, ServerCertificate? certificate = null, RedisSentinelWatch? sentinel = null)
{
    /// <summary>All checks as they stand now.</summary>
    public IReadOnlyList<Check> Look()
    {
        RedisLinkStatus redis = continuity.Link.Status;
        DateTimeOffset now = time.GetUtcNow();
        double age = Math.Round((now - redis.Since).TotalSeconds, 3);
        var checks = new List<Check>
        {
            redis.UnprovenFor(now) is { } unproven
                ? new Check("redis", CheckStatus.Fail, Math.Round(unproven.TotalSeconds, 3), $"{redis.Server}: subscribed, but no probe that the relay publishes to itself is received. Does this address lead to more than one Redis server?")
                : redis.Status == RedisLinkStatusKind.Subscribed
                ? new Check("redis", CheckStatus.Ok, age, $"subscribed at {redis.Server}")
                : new Check("redis", CheckStatus.Fail, age, redis.Reason ?? $"{redis.Server}: not subscribed yet"),
        };

        if (sentinel is { Status: { } watch })
        {
            // The primary in use serves all the same; only a failover would be noticed later.
            string primary = sentinel.Primary is { } named ? $"the primary is {named}" : "no primary is known yet";
            checks.Add(new Check(
                "sentinel", watch.Reason is null ? CheckStatus.Ok : CheckStatus.Warn, Math.Round((now - watch.Since).TotalSeconds, 3), $"{sentinel.Places}: {primary}; {watch.Reason ?? "failovers are followed at " + watch.Watched}"));
        }

        // One channel that may not be read does not take the others away from everybody, so it warns.
        foreach (RedisChannelStatus channel in redis.Channels)
        {
            if (channel.Error is { } error) checks.Add(new Check("channel " + channel.Name, CheckStatus.Warn, age, error));
        }

        if (redis.LastShardMessage is { } shard && now - shard < PublisherTrouble.Shown)
            checks.Add(new Check("spublish", CheckStatus.Warn, Math.Round((now - shard).TotalSeconds, 3), "a message came by SPUBLISH, which is not supported, and was not delivered: publish events with PUBLISH"));

        // Events arrive all the same; only what an outage costs would not be read from it.
        if (redis.StreamFault is { } fault) checks.Add(new Check("stream", CheckStatus.Warn, null, "what an outage costs cannot be read from the stream: " + fault));
        if (continuity.TakeOvers.Missing is { } missing)
        {
            checks.Add(new Check(
                "history",
                continuity.IsReady ? CheckStatus.Warn : CheckStatus.Fail,
                Math.Round((now - missing.Since).TotalSeconds, 3),
                "the state of another instance, or the copy in Redis, could not be loaded; retrying: " + missing.Reason));
        }
        else if (redis.Status == RedisLinkStatusKind.Subscribed && !continuity.IsReady)
        {
            checks.Add(new Check("history", CheckStatus.Fail, age, "requesting the state from other instances"));
        }

        if (continuity.RedisMemoryShortage is { } shortage) checks.Add(new Check("redis_memory", CheckStatus.Warn, Math.Round((now - shortage.Since).TotalSeconds, 3), shortage.Reason));
        if (continuity.Copies.Trouble is { } trouble)
        {
            // A relay whose copy fails serves all the same; only the next one would begin without its history.
            checks.Add(new Check("handoff", CheckStatus.Warn, Math.Round((now - trouble.Since).TotalSeconds, 3), "no copy for the next instance: " + trouble.Reason));
        }

        if (ingestor.Trouble is { } publisher && now - publisher.At < PublisherTrouble.Shown)
            checks.Add(new Check("publishers", CheckStatus.Warn, Math.Round((now - publisher.At).TotalSeconds, 3), publisher.Reason));

        if (runs is { Status: { } bridge })
        {
            // A relay without PostgreSQL serves all the same, so it warns.
            checks.Add(new Check("postgres", bridge.State == RunsBridgeState.Failing || bridge.Warnings > 0 ? CheckStatus.Warn : CheckStatus.Ok, Math.Round((now - bridge.Since).TotalSeconds, 3), bridge.Reason));
        }

        if (certificate is { Fault: { } failed })
        {
            checks.Add(new Check("certificate", CheckStatus.Warn, Math.Round((now - failed.Since).TotalSeconds, 3), $"the last reload failed, and the certificate before it stays in use: {failed.Reason}"));
        }

        foreach (Duty duty in duties.All)
        {
            if (duty.Status is { State: DutyState.Failed or DutyState.Restarted } status) checks.Add(Look(duty, status, now));
        }

        // Who is connected is served all the same, and a peer that waits is accepted when there is room.
        if (sockets.Paused) checks.Add(new Check("sockets", CheckStatus.Warn, null, "accepting is paused: no room for another socket, or descriptors are short"));
        checks.Add(drain.HasBegun ? new Check("drain", CheckStatus.Fail, null, "shutting down") : new Check("drain", CheckStatus.Ok, null, "not shutting down"));
        return checks;
    }

    /// <summary>A duty that has failed lately: a failure while it does not run and clients depend on it, a warning otherwise.</summary>
    private static Check Look(Duty duty, DutyStatus status, DateTimeOffset now)
    {
        bool isDown = status.State == DutyState.Failed;
        return new Check(
            "duty " + duty.Name.ToWireName(),
            isDown && duty.Name.IsRequired() ? CheckStatus.Fail : CheckStatus.Warn,
            Math.Round((now - status.Since).TotalSeconds, 3),
            $"{(isDown ? "failed, and starts again shortly" : "running again after a failure")}: {status.Cause}");
    }
}

/// <summary>One check: how it stands, for how many seconds, and why.</summary>
internal sealed record Check(string Name, CheckStatus Status, double? AgeSeconds, string Reason);

/// <summary>Only <see cref="Fail"/> makes the instance not ready.</summary>
internal enum CheckStatus
{
    Ok,
    Warn,
    Fail,
}
