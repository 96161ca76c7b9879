using System.Net;

namespace Cecelia.Relay.Redis;

/// <summary>What came of asking a host whether it is a Redis that serves us. Closed; each member is one kind of trouble to a reader of the logs.</summary>
internal enum RedisAnswerKind
{
    /// <summary>It answered PING.</summary>
    Pong,

    /// <summary>It is a Redis and says no for now: still loading its data.</summary>
    Loading,

    /// <summary>
    /// It is a replica that has lost its primary, or has received nothing from it for long: events do not reach it. Or it is a node of a cluster that is down, or
    /// in which no node has the slot.
    /// </summary>
    NoPrimary,

    /// <summary>It is a Redis and says no: wrong or missing password, no permission, protected mode. Or it is a Sentinel.</summary>
    Refused,

    /// <summary>No connection: refused, no route, unknown name.</summary>
    Unreachable,

    /// <summary>Nothing came within the deadline: stopped, overloaded, or a path that swallows what is sent.</summary>
    Silent,

    /// <summary>TLS could not be agreed on, or the certificate is not good.</summary>
    TlsFailed,

    /// <summary>Something else than Redis answered, or the connection was closed without an answer.</summary>
    NotRedis,
}

/// <summary>One host's answer. <paramref name="Reason"/> is empty for <see cref="RedisAnswerKind.Pong"/>, otherwise fit to be shown.</summary>
/// <param name="Host">Who was asked.</param>
/// <param name="Kind">What came of it.</param>
/// <param name="Reason">Plain words, without secrets, and the same words for the same trouble.</param>
internal sealed record RedisAnswer(EndPoint Host, RedisAnswerKind Kind, string Reason)
{
    /// <summary>What it is in the replication: of several hosts, the primary is preferred.</summary>
    public RedisRole Role { get; init; } = RedisRole.Unknown;

    /// <summary>True for a node of a cluster.</summary>
    public bool IsCluster { get; init; }

    /// <summary>The node of the cluster that is to be used instead of this one (<see cref="RedisCluster"/>); null when it is this one.</summary>
    public EndPoint? SlotOwner { get; init; }

    /// <summary>At least so old is what the server delivers.</summary>
    public TimeSpan Age => Role.Age + (IsCluster ? RedisCluster.BusAge : TimeSpan.Zero);

    /// <summary>What <see cref="Host"/> resolved to; null when no connection was made.</summary>
    public IPEndPoint? Address { get; init; }
}
