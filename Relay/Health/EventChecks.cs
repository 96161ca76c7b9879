using Cecelia.Relay.Ingest;
using Cecelia.Relay.Recovery;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Health;

/// <summary>Checks how events reach this instance: the link to Redis, the publishers, and what recovery has achieved. Thread-safe.</summary>
internal sealed class EventChecks(StreamRecovery recovery, Ingestor ingestor, TimeProvider time, RedisSentinelWatch? sentinel = null)
{
    /// <summary>Returns the current result of the checks.</summary>
    public List<Check> Look()
    {
        RedisLinkStatus redis = recovery.Link.Status;
        DateTimeOffset now = time.GetUtcNow();
        double age = Math.Round((now - redis.Since).TotalSeconds, 3);
        var checks = new List<Check>
        {
            redis.UnprovenFor(now) is { } unproven
                ? new Check(
                    "redis",
                    CheckStatus.Fail,
                    Math.Round(unproven.TotalSeconds, 3),
                    $"{redis.Server}: subscribed, but the probes that the relay publishes to itself are not received. Does this address resolve "
                        + $"to more than one Redis server?")
                : redis.Status == RedisLinkStatusKind.Subscribed
                ? new Check("redis", CheckStatus.Ok, age, $"subscribed at {redis.Server}")
                : new Check("redis", CheckStatus.Fail, age, redis.Reason ?? $"{redis.Server}: not subscribed yet"),
        };

        if (sentinel is { Status: { } watch })
        {
            // A warning: the current primary still works, and only a failover would be detected late.
            string primary = sentinel.Primary is { } address ? $"the primary is {address}" : "no primary is known yet";
            checks.Add(new Check(
                "sentinel", watch.Reason is null ? CheckStatus.Ok : CheckStatus.Warn, Math.Round((now - watch.Since).TotalSeconds, 3),
                $"{sentinel.Places}: {primary}; {watch.Reason ?? "subscribed to failover announcements at " + watch.Watched}"));
        }

        // A warning: the other channels still work if the permission for one is missing.
        foreach (RedisChannelStatus channel in redis.Channels)
        {
            if (channel.Error is { } error) checks.Add(new Check("channel " + channel.Name, CheckStatus.Warn, age, error));
        }

        if (redis.LastShardMessage is { } shard && now - shard < PublisherTrouble.Shown)
            checks.Add(
                new Check(
                    "spublish",
                    CheckStatus.Warn,
                    Math.Round((now - shard).TotalSeconds, 3),
                    "a message was published with SPUBLISH, which is not supported, and was not delivered; publish events with PUBLISH"));

        // A warning: events still arrive, and only those missed during an outage could not be read from the stream.
        if (redis.StreamFault is { } fault)
        {
            checks.Add(new Check("stream", CheckStatus.Warn, null, "events missed during an outage cannot be read from the stream: " + fault));
        }

        if (recovery.TakeOvers.Missing is { } missing)
        {
            checks.Add(new Check(
                "history",
                recovery.IsReady ? CheckStatus.Warn : CheckStatus.Fail,
                Math.Round((now - missing.Since).TotalSeconds, 3),
                "the state of another instance, or the copy in Redis, could not be loaded; retrying: " + missing.Reason));
        }
        else if (redis.Status == RedisLinkStatusKind.Subscribed && !recovery.IsReady)
        {
            checks.Add(new Check("history", CheckStatus.Fail, age, "requesting the state from other instances"));
        }

        if (recovery.Sender.RedisMemoryShortage is { } shortage)
        {
            checks.Add(new Check("redis_memory", CheckStatus.Warn, Math.Round((now - shortage.Since).TotalSeconds, 3), shortage.Reason));
        }

        if (recovery.Sender.Copies.Trouble is { } trouble)
        {
            // A warning: this relay still works, and only the next instance would start without its history.
            checks.Add(
                new Check(
                    "handoff",
                    CheckStatus.Warn,
                    Math.Round((now - trouble.Since).TotalSeconds, 3),
                    "the copy for the next instance could not be saved: " + trouble.Reason));
        }

        if (ingestor.Trouble is { } publisher && now - publisher.At < PublisherTrouble.Shown)
            checks.Add(new Check("publishers", CheckStatus.Warn, Math.Round((now - publisher.At).TotalSeconds, 3), publisher.Reason));

        return checks;
    }
}
