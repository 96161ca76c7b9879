using System.Globalization;

namespace Cecelia.Relay.Redis;

/// <summary>Redis is at its memory limit.</summary>
/// <param name="Reason">The reason in plain words, with the limit and the policy.</param>
/// <param name="Since">The time at which it was first observed.</param>
internal sealed record RedisShortage(string Reason, DateTimeOffset Since);

/// <summary>Determines from the text of <c>INFO memory</c> whether Redis is at its memory limit.</summary>
internal static class RedisMemory
{
    /// <summary>Share of the limit from which Redis counts as full. Under a policy that evicts, Redis stays just below its limit.</summary>
    private const double FullFrom = 0.98;

    /// <summary>Returns a warning for the operator; null when there is room, no limit, or nothing is known.</summary>
    public static string? FindFault(string? info)
    {
        long used = Number(info, "used_memory"), limit = Number(info, "maxmemory");
        if (limit <= 0 || used < FullFrom * limit) return null;
        string policy = Value(info, "maxmemory_policy") ?? "unknown";
        // Without the number of bytes in use, which changes each time.
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Redis is at its memory limit (maxmemory {limit} bytes, policy {policy}): it may refuse to store what passes between instances, or evict it");
    }

    private static long Number(string? info, string name) =>
        long.TryParse(Value(info, name), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : -1;

    private static string? Value(string? info, string name) =>
        info?.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal))?[(name.Length + 1)..];
}
