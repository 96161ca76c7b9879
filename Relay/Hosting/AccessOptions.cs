using Cecelia.Relay.Postgres;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Hosting;

/// <summary>Passwords and certificates that are set apart from the URLs they belong to. Immutable; <see cref="ToString"/> shows no password.</summary>
internal sealed record AccessOptions
{
    /// <summary>Empty (default): it is in the URL, or there is none. Secret.</summary>
    public string RedisPassword { get; init; } = "";

    /// <summary>PEM file. Empty (default): the URL names it, or the system's roots vouch for the server.</summary>
    public string RedisCaFile { get; init; } = "";

    /// <summary>PEM file. Empty (default): the URL names it, or the relay shows none.</summary>
    public string RedisCertificateFile { get; init; } = "";

    /// <summary>PEM file. Empty (default): the key is in the certificate's file.</summary>
    public string RedisKeyFile { get; init; } = "";

    /// <summary>Empty (default): it is in the URL, or there is none. Secret.</summary>
    public string PostgresPassword { get; init; } = "";

    /// <summary>The files that secrets were read from, by the name of the setting that names the file.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    public override string ToString() => nameof(AccessOptions);

    /// <summary>The Redis URL with what belongs to it.</summary>
    /// <param name="url">As it was given; null: it was not.</param>
    /// <param name="mistake">A sentence that begins with a setting's name; null when there is none. The URL is then <paramref name="url"/>.</param>
    public RedisUrl? Complete(RedisUrl? url, out string? mistake)
    {
        mistake = FindMistake(url);
        if (url is null || mistake is not null) return url;

        RedisUrl complete = RedisPassword.Length > 0 ? url.WithPassword(RedisPassword) : url;
        if (FirstFile is null) return complete;
        if (RedisCertificates.TryLoad(RedisCaFile, RedisCertificateFile, RedisKeyFile, out RedisCertificates? certificates, out string? file, out string? error))
            return complete.WithCertificates(certificates);
        mistake = $"{(file == RedisCaFile ? "CECELIA_REDIS_CA" : file == RedisCertificateFile ? "CECELIA_REDIS_CERTIFICATE" : "CECELIA_REDIS_CERTIFICATE_KEY")} {error}";
        return url;
    }

    /// <summary>The PostgreSQL URL with what belongs to it; parameters as of the other overload.</summary>
    public PostgresUrl? Complete(PostgresUrl? url, out string? mistake)
    {
        mistake = PostgresPassword.Length == 0 ? null
            : url is null ? "CECELIA_PG_PASSWORD needs CECELIA_PG_URL beside it"
            : url.Password is not null ? "CECELIA_PG_URL has a password, and CECELIA_PG_PASSWORD is set too; give one of them"
            : null;
        return mistake is null && PostgresPassword.Length > 0 ? url!.WithPassword(PostgresPassword) : url;
    }

    /// <summary>The first setting that names a certificate; null when none does.</summary>
    private string? FirstFile =>
        RedisCaFile.Length > 0 ? "CECELIA_REDIS_CA" : RedisCertificateFile.Length > 0 ? "CECELIA_REDIS_CERTIFICATE" : RedisKeyFile.Length > 0 ? "CECELIA_REDIS_CERTIFICATE_KEY" : null;

    private string? FindMistake(RedisUrl? url)
    {
        if (url is null) return (RedisPassword.Length > 0 ? "CECELIA_REDIS_PASSWORD" : FirstFile) is { } alone ? $"{alone} needs CECELIA_REDIS_URL beside it" : null;
        if (url.Password is not null && RedisPassword.Length > 0) return "CECELIA_REDIS_URL has a password, and CECELIA_REDIS_PASSWORD is set too; give one of them";
        if (url is { User: not null, Password: null } && RedisPassword.Length == 0)
            return "CECELIA_REDIS_URL names a user without a password: set CECELIA_REDIS_PASSWORD, or write redis://USER:PASSWORD@HOST; a password alone is redis://:PASSWORD@HOST";
        if (FirstFile is not { } file) return null;
        if (!url.Tls) return $"{file} needs a CECELIA_REDIS_URL that begins with rediss://";
        if (url.Certificates.Query.Length > 0) return $"CECELIA_REDIS_URL has a query with certificates, and {file} is set too; give them in one place";
        return RedisKeyFile.Length > 0 && RedisCertificateFile.Length == 0 ? "CECELIA_REDIS_CERTIFICATE_KEY needs CECELIA_REDIS_CERTIFICATE beside it" : null;
    }
}
