using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Bench.Load;

/// <summary>The parameters of a run. Immutable.</summary>
internal sealed record LoadPlan
{
    public required Uri Relay { get; init; }

    /// <summary>The Unix socket that the relay listens on, in place of the address in <see cref="Relay"/>. Null: TCP.</summary>
    public string? SocketPath { get; init; }

    public required RedisUrl Redis { get; init; }

    public string Channel { get; init; } = "cecelia:events";

    /// <summary>Number of clients, including those that never read.</summary>
    public int Clients { get; init; } = 100;

    /// <summary>Percentage of the clients that never read.</summary>
    public double SlowPercent { get; init; }

    /// <summary>Open loop: events per second, independent of deliveries. Null: closed loop.</summary>
    public double? Rate { get; init; }

    /// <summary>Closed loop: maximum number of outstanding events.</summary>
    public int Window { get; init; } = 64;

    public int EventBytes { get; init; } = StampedEvent.MinBytes;

    /// <summary>Number of tasks N: client i subscribes to task i mod N, and event k is of task k mod N. Zero: every client receives every event.</summary>
    public int Tasks { get; init; }

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Process id of the relay on this machine, to measure its cost. Null: not measured.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Number of clients that never read.</summary>
    public int SlowClients => (int)Math.Round(Clients * SlowPercent / 100);

    /// <summary>Returns whether a client never reads. These clients are distributed evenly.</summary>
    public bool IsSlow(int client) => (long)(client + 1) * SlowClients / Clients > (long)client * SlowClients / Clients;

    /// <summary>Returns the task of a client.</summary>
    public int TaskOf(int client) => Tasks == 0 ? 0 : client % Tasks;

    /// <summary>Returns the task of an event.</summary>
    public int TaskOf(long number) => Tasks == 0 ? (int)(number % 50) : (int)(number % Tasks);

    /// <summary>Returns the path and query of a client's request.</summary>
    public string TargetOf(int client)
    {
        if (Tasks == 0) return Relay.PathAndQuery;
        string separator = Relay.Query.Length > 1 ? "&" : "?";
        return $"{Relay.PathAndQuery}{separator}task=task-{TaskOf(client)}";
    }

    /// <summary>Creates the check of the events that a client expects.</summary>
    public DeliveryCheck CheckFor(int client)
    {
        if (Tasks == 0) return new DeliveryCheck(1, 1);
        int task = TaskOf(client);
        return new DeliveryCheck(task == 0 ? Tasks : task, Tasks);
    }
}
