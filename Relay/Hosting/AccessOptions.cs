using Cecelia.Relay.Postgres;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Hosting;

/// <summary>Passwords and certificates that are set apart from the URLs they belong to. Immutable; <see cref="ToString"/> does not show passwords.</summary>
internal sealed record AccessOptions
{
    /// <summary>Password of Redis. Empty (default): the one in the URL, if any. Secret.</summary>
    public string RedisPassword { get; init; } = "";

    /// <summary>PEM file with the trusted roots. Empty (default): the one named by the URL, or the system's roots.</summary>
    public string RedisCaFile { get; init; } = "";

    /// <summary>PEM file with the client certificate. Empty (default): the one named by the URL, if any.</summary>
    public string RedisCertificateFile { get; init; } = "";

    /// <summary>PEM file with the key of the client certificate. Empty (default): the key is in the certificate's file.</summary>
    public string RedisKeyFile { get; init; } = "";

    /// <summary>Password of PostgreSQL. Empty (default): the one in the URL, if any. Secret.</summary>
    public string PostgresPassword { get; init; } = "";

    /// <summary>The files that secrets were read from, by the name of the secret's setting.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    public override string ToString() => nameof(AccessOptions);

    /// <summary>Adds password and certificates to the Redis URL. Returns <paramref name="url"/> unchanged if there is an error.</summary>
    /// <param name="url">The URL as configured; null if it is not set.</param>
    /// <param name="error">An error message that begins with a setting's name; null if there is no error.</param>
    public RedisUrl? Complete(RedisUrl? url, out string? error)
    {
        error = FindError(url);
        if (url is null || error is not null) return url;

        RedisUrl complete = RedisPassword.Length > 0 ? url.WithPassword(RedisPassword) : url;
        if (FirstFile is null) return complete;
        if (
            RedisCertificates.TryLoad(
                RedisCaFile, RedisCertificateFile, RedisKeyFile, out RedisCertificates? certificates, out string? file, out string? reason))
            return complete.WithCertificates(certificates);
        string setting = file == RedisCaFile ? "CECELIA_REDIS_CA"
            : file == RedisCertificateFile ? "CECELIA_REDIS_CERTIFICATE"
            : "CECELIA_REDIS_CERTIFICATE_KEY";
        error = $"{setting} {reason}";
        return url;
    }

    /// <summary>Adds the password to the PostgreSQL URL, like the other overload.</summary>
    public PostgresUrl? Complete(PostgresUrl? url, out string? error)
    {
        error = PostgresPassword.Length == 0 ? null
            : url is null ? "CECELIA_PG_PASSWORD requires CECELIA_PG_URL"
            : url.Password is not null ? "CECELIA_PG_URL contains a password, and CECELIA_PG_PASSWORD is set too; set only one of them"
            : null;
        return error is null && PostgresPassword.Length > 0 ? url!.WithPassword(PostgresPassword) : url;
    }

    /// <summary>The first setting that names a certificate file; null if none does.</summary>
    private string? FirstFile =>
        RedisCaFile.Length > 0
            ? "CECELIA_REDIS_CA"
            : RedisCertificateFile.Length > 0
            ? "CECELIA_REDIS_CERTIFICATE"
            : RedisKeyFile.Length > 0
            ? "CECELIA_REDIS_CERTIFICATE_KEY"
            : null;

    private string? FindError(RedisUrl? url)
    {
        if (url is null) return (RedisPassword.Length > 0 ? "CECELIA_REDIS_PASSWORD" : FirstFile) is { } alone ? $"{alone} requires CECELIA_REDIS_URL" : null;
        if (url.Password is not null && RedisPassword.Length > 0)
        {
            return "CECELIA_REDIS_URL contains a password, and CECELIA_REDIS_PASSWORD is set too; set only one of them";
        }

        if (url is { User: not null, Password: null } && RedisPassword.Length == 0)
            return
                "CECELIA_REDIS_URL names a user without a password: set CECELIA_REDIS_PASSWORD, or write redis://USER:PASSWORD@HOST. A "
                    + "password without a user is redis://:PASSWORD@HOST";
        if (FirstFile is not { } file) return null;
        if (!url.Tls) return $"{file} requires a CECELIA_REDIS_URL that begins with rediss://";
        if (url.Certificates.Query.Length > 0) return $"CECELIA_REDIS_URL names certificates, and {file} is set too; use either the URL or the settings";
        return RedisKeyFile.Length > 0 && RedisCertificateFile.Length == 0 ? "CECELIA_REDIS_CERTIFICATE_KEY requires CECELIA_REDIS_CERTIFICATE" : null;
    }
}
