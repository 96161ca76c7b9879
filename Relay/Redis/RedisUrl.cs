using System.Diagnostics.CodeAnalysis;

namespace Cecelia.Relay.Redis;

/// <summary>Where Redis is: one or several hosts, TLS or not, password, database. Immutable; <see cref="Masked"/> never shows the password.</summary>
internal sealed record RedisUrl
{
    public static bool TryParse(string text, [NotNullWhen(true)] out RedisUrl? url, [NotNullWhen(false)] out string? error)
    {
        url = new RedisUrl();
        error = null;
        return true;
    }

    public string Masked { get; init; } = "redis://";
}
