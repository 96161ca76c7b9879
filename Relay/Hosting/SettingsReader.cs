using Cecelia.Relay.Connections;

namespace Cecelia.Relay.Hosting;

/// <summary>Reads the settings from environment, <c>appsettings.json</c> and command line, and finds all errors in one pass.</summary>
internal static class SettingsReader
{
    /// <summary>
    /// Returns the options and all error messages; the options are valid if there are none. <paramref name="configuration"/> has each setting under
    /// <see cref="Setting.ConfigurationKey"/> or <see cref="Setting.EnvironmentName"/>, of which the environment name takes precedence. Values from
    /// <paramref name="commandLine"/>, by setting name, take precedence over both. The same order applies between a secret and its file; both in one source
    /// are an error. Defaults of memory bounds are scaled to fit <paramref name="memoryLimitBytes"/>; with zero (unknown) they are not scaled.
    /// </summary>
    public static (RelayOptions Options, IReadOnlyList<string> Errors) Read(
        IConfiguration configuration,
        IReadOnlyDictionary<string, string>? commandLine = null,
        long memoryLimitBytes = 0)
    {
        var options = new RelayOptions();
        var errors = new List<string>();
        var given = new HashSet<string>(StringComparer.Ordinal);
        var invalid = new HashSet<string>(StringComparer.Ordinal);
        foreach (Setting setting in Settings.All)
        {
            (string? text, string name, Source source) = Find(setting, configuration, commandLine);
            if (text is null) continue;
            if (Settings.CounterpartOf(setting) is { } counterpart)
            {
                (string? other, string otherName, Source otherSource) = Find(counterpart, configuration, commandLine);
                if (other is not null && otherSource > source) continue;
                if (otherSource == source && !string.IsNullOrEmpty(other))
                {
                    if (text.Length == 0) continue;
                    invalid.Add(setting.Name);
                    if (setting.FileOf is null) errors.Add($"{name} and {otherName} are both set; set only one of them");
                    continue;
                }
            }

            try
            {
                options = setting.Apply(options, text);
                given.Add(setting.Name);
            }
            catch (FormatException error)
            {
                invalid.Add(setting.Name);
                errors.Add($"{name} {error.Message}");
            }
        }

        // Missing and contradictory settings can be found only if the single values are valid.
        if (!invalid.Any(name => name.StartsWith("REDIS_", StringComparison.Ordinal)))
        {
            options = options with { Redis = options.Redis with { Url = options.Access.Complete(options.Redis.Url, out string? redis) } };
            if (redis is not null) errors.Add(redis);
        }

        if (!invalid.Any(name => name.StartsWith("PG_", StringComparison.Ordinal)))
        {
            options = options with { Postgres = options.Postgres with { Url = options.Access.Complete(options.Postgres.Url, out string? postgres) } };
            if (postgres is not null) errors.Add(postgres);
        }

        bool isSocket = UnixSocket.TryGetPath(options.Bind, out _);
        if (!isSocket && options.AdminPort > 0 && options.AdminPort == options.Port)
        {
            errors.Add("CECELIA_ADMIN_PORT and CECELIA_WS_PORT must be different ports");
        }

        if (isSocket && options is { AdminPort: > 0, AdminBind.Length: 0 })
        {
            errors.Add("CECELIA_ADMIN_PORT requires CECELIA_ADMIN_BIND, since CECELIA_WS_BIND is a Unix socket");
        }

        if (options is { AdminPort: 0, AdminBind.Length: > 0 }) errors.Add("CECELIA_ADMIN_BIND requires CECELIA_ADMIN_PORT");
        if (options.Tls.FindError() is { } tls) errors.Add(tls);
        if (options.Tokens.FindError(options.Commands.UserHeader) is { } tokens) errors.Add(tokens);
        if (options.Connections is { ProxyProtocol: true, TrustedProxies.Count: 0 })
        {
            errors.Add("CECELIA_PROXY_PROTOCOL requires CECELIA_TRUSTED_PROXIES, the addresses of the proxies");
        }

        if (options.Redis is { SentinelMaster.Length: > 0, Url: null })
        {
            errors.Add("CECELIA_REDIS_SENTINEL requires CECELIA_REDIS_URL, the addresses of the Sentinels");
        }

        if (options.Redis is { SentinelMaster.Length: 0, SentinelPassword.Length: > 0 })
        {
            errors.Add("CECELIA_REDIS_SENTINEL_PASSWORD requires CECELIA_REDIS_SENTINEL, the name of the master");
        }

        if (options.Redis.Url is { } url) options = options with { Redis = options.Redis with { Url = options.Redis.ToUrl(url) } };
        (options, string? memory) = MemoryBudget.Fit(options, given, memoryLimitBytes);
        if (memory is not null) errors.Add(memory);
        return (options, errors);
    }

    /// <summary>
    /// Returns the variables that begin with <c>CECELIA_</c> and are not settings, each with the most similar setting: they are probably misspelled.
    /// </summary>
    public static IEnumerable<(string Name, string Nearest)> FindUnknown(IEnumerable<string> environmentNames)
    {
        var known = Settings.All.Select(setting => setting.EnvironmentName).ToHashSet(StringComparer.Ordinal);
        return environmentNames
            .Where(name => name.StartsWith(Setting.EnvironmentPrefix, StringComparison.Ordinal) && !known.Contains(name))
            .Order(StringComparer.Ordinal)
            .Select(name => (name, known.MinBy(candidate => Distance(name, candidate))!));
    }

    /// <summary>Returns whether the value of <paramref name="secret"/> is the content of its file.</summary>
    public static bool IsFromFile(Setting secret, IConfiguration configuration, IReadOnlyDictionary<string, string>? commandLine)
    {
        if (!secret.IsSecret) return false;
        (string? text, _, Source source) = Find(secret, configuration, commandLine);
        (string? file, _, Source fileSource) = Find(Settings.CounterpartOf(secret)!, configuration, commandLine);
        return !string.IsNullOrEmpty(file) && (text is null || fileSource > source || (fileSource == source && text.Length == 0));
    }

    /// <summary>Returns the text of a setting, the name under which it was given, and its source. The text is null if the setting was not given.</summary>
    private static (string? Text, string Name, Source Source) Find(
        Setting setting,
        IConfiguration configuration,
        IReadOnlyDictionary<string, string>? commandLine)
    {
        if (commandLine is not null && commandLine.TryGetValue(setting.Name, out string? given)) return (given, setting.CommandLineName, Source.CommandLine);
        if (configuration[setting.EnvironmentName] is { } environment) return (environment, setting.EnvironmentName, Source.EnvironmentName);
        return (configuration[setting.ConfigurationKey], setting.ConfigurationKey, Source.ConfigurationKey);
    }

    /// <summary>Returns the Levenshtein distance.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }

    /// <summary>Source of a value. Later members take precedence.</summary>
    private enum Source
    {
        ConfigurationKey,
        EnvironmentName,
        CommandLine,
    }
}
