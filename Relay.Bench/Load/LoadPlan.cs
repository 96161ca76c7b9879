using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Bench.Load;

/// <summary>What to put a relay under. Immutable.</summary>
internal sealed record LoadPlan
{
    public required Uri Relay { get; init; }

    public required RedisUrl Redis { get; init; }

    public string Channel { get; init; } = "cecelia:events";

    /// <summary>All clients, those that never read included.</summary>
    public int Clients { get; init; } = 100;

    /// <summary>Share of the clients that never read, in percent.</summary>
    public double SlowPercent { get; init; }

    /// <summary>Open loop: events a second, whatever becomes of them. Null: closed loop.</summary>
    public double? Rate { get; init; }

    /// <summary>Closed loop: events that may be on their way at once.</summary>
    public int Window { get; init; } = 64;

    public int EventBytes { get; init; } = StampedEvent.SmallestBytes;

    /// <summary>Zero: every client gets every event. Otherwise client i follows task i mod so many, and event k is of task k mod so many.</summary>
    public int Tasks { get; init; }

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The relay's process, when it runs on this machine and its cost is asked for.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Clients that never read.</summary>
    public int SlowClients => (int)Math.Round(Clients * SlowPercent / 100);

    /// <summary>Whether a client is one of those that never read; they are spread evenly.</summary>
    public bool IsSlow(int client) => (long)(client + 1) * SlowClients / Clients > (long)client * SlowClients / Clients;

    /// <summary>The task that the client follows.</summary>
    public int TaskOf(int client) => Tasks == 0 ? 0 : client % Tasks;

    /// <summary>The task that the event is of.</summary>
    public int TaskOf(long number) => Tasks == 0 ? (int)(number % 50) : (int)(number % Tasks);

    /// <summary>What the client asks the relay for: path and query.</summary>
    public string TargetOf(int client)
    {
        if (Tasks == 0) return Relay.PathAndQuery;
        string separator = Relay.Query.Length > 1 ? "&" : "?";
        return $"{Relay.PathAndQuery}{separator}task=task-{TaskOf(client)}";
    }

    /// <summary>Judges the delivery to one client: which events it is owed.</summary>
    public DeliveryCheck CheckFor(int client)
    {
        if (Tasks == 0) return new DeliveryCheck(1, 1);
        int task = TaskOf(client);
        return new DeliveryCheck(task == 0 ? Tasks : task, Tasks);
    }
}
