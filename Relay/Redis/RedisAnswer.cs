using System.Net;

namespace Cecelia.Relay.Redis;

/// <summary>
/// Result of checking whether a host is a Redis server that the relay can use. Closed. Each member is one kind of problem for a reader of the logs.
/// </summary>
internal enum RedisAnswerKind
{
    /// <summary>The server answered PING.</summary>
    Pong,

    /// <summary>The server refuses for now: it is still loading its data.</summary>
    Loading,

    /// <summary>
    /// The server is a replica that has lost its primary or has received nothing from it for a long time, so events do not reach it. Or it is a node of a
    /// cluster that is down, or in which no node has the slot.
    /// </summary>
    NoPrimary,

    /// <summary>The server refuses: wrong or missing password, no permission, protected mode. Or it is a Sentinel.</summary>
    Refused,

    /// <summary>No connection: refused, no route, unknown name.</summary>
    Unreachable,

    /// <summary>Nothing arrived before the deadline: the server is stopped or overloaded, or the network drops the packets.</summary>
    Silent,

    /// <summary>The TLS handshake failed, or the certificate is not valid.</summary>
    TlsFailed,

    /// <summary>A server other than Redis answered, or the connection was closed without an answer.</summary>
    NotRedis,
}

/// <summary>The answer of one host. <paramref name="Reason"/> is empty for <see cref="RedisAnswerKind.Pong"/>; otherwise it can be shown.</summary>
/// <param name="Host">The host.</param>
/// <param name="Kind">The result.</param>
/// <param name="Reason">The reason in plain words, without secrets, and always the same for the same problem.</param>
internal sealed record RedisAnswer(EndPoint Host, RedisAnswerKind Kind, string Reason)
{
    /// <summary>The role in the replication. Of several hosts, the primary is preferred.</summary>
    public RedisRole Role { get; init; } = RedisRole.Unknown;

    /// <summary>True for a node of a cluster.</summary>
    public bool IsCluster { get; init; }

    /// <summary>The node of the cluster to use instead of this one (<see cref="RedisCluster"/>); null when it is this one.</summary>
    public EndPoint? SlotOwner { get; init; }

    /// <summary>The minimum age of what the server delivers.</summary>
    public TimeSpan Age => Role.Age + (IsCluster ? RedisCluster.BusAge : TimeSpan.Zero);

    /// <summary>The address to which <see cref="Host"/> was resolved; null when no connection was made.</summary>
    public IPEndPoint? Address { get; init; }
}
