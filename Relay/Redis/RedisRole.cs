using StackExchange.Redis;

namespace Cecelia.Relay.Redis;

/// <summary>Reads the reply to ROLE. A server that does not know the command, or does not permit it, counts as a primary.</summary>
internal static class RedisRole
{
    public const string Replica = "slave";

    private const string Primary = "master";
    private const string Sentinel = "sentinel";
    private const string Connected = "connected";

    /// <summary>True for a role that has a state of its link to the primary, as the fourth element of the reply.</summary>
    public static bool HasLink(string role) => role == Replica;

    /// <summary>Why a server of this role delivers no events, fit to be shown; null when it does.</summary>
    /// <param name="role">The first element of the reply.</param>
    /// <param name="link">Of a replica, the fourth: <c>connect</c>, <c>connecting</c>, <c>sync</c> or <c>connected</c>.</param>
    public static string? FindFault(string? role, string? link) => role switch
    {
        Sentinel => "this is a Redis Sentinel, which delivers no events; name the Redis servers themselves",
        Replica when link != Connected => $"this is a replica without its primary, so events do not reach it (link to the primary: {link})",
        _ => null,
    };

    /// <summary>As <see cref="FindFault(string?, string?)"/>, of a whole reply.</summary>
    public static string? FindFault(RedisResult reply)
    {
        if (reply.IsNull || reply.Resp2Type != ResultType.Array || reply.Length < 1) return null;
        string? role = (string?)reply[0];
        return FindFault(role, role == Replica && reply.Length > 3 ? (string?)reply[3] : null);
    }

    /// <summary>Where a server stands in the replication, in words: events reach it by another way when that changes. Null when the reply does not say.</summary>
    public static string? FindPlace(RedisResult reply)
    {
        if (reply.IsNull || reply.Resp2Type != ResultType.Array || reply.Length < 3) return null;
        return (string?)reply[0] switch
        {
            Primary => "a primary",
            Replica => $"a replica of {(string?)reply[1]}:{(string?)reply[2]}",
            _ => null,
        };
    }
}
