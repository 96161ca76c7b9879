namespace Cecelia.Relay.Hosting;

/// <summary>Reads the settings from environment, <c>appsettings.json</c> and command line, and finds every mistake at once.</summary>
internal static class SettingsReader
{
    /// <summary>
    /// The options, and all mistakes in plain words (empty: the options are valid). Precedence is that of <paramref name="configuration"/>,
    /// which holds each setting under <see cref="Setting.ConfigurationKey"/> or <see cref="Setting.EnvironmentName"/>; the environment name wins. So it is between a
    /// secret and its file; both at one place are a mistake.
    /// Values from <paramref name="commandLine"/>, by setting name, win over both. Defaults of memory bounds are scaled to fit <paramref name="memoryLimitBytes"/>;
    /// zero, when it is not known, scales nothing.
    /// </summary>
    public static (RelayOptions Options, IReadOnlyList<string> Mistakes) Read(IConfiguration configuration, IReadOnlyDictionary<string, string>? commandLine = null, long memoryLimitBytes = 0)
    {
        var options = new RelayOptions();
        var mistakes = new List<string>();
        var given = new HashSet<string>(StringComparer.Ordinal);
        var mistaken = new HashSet<string>(StringComparer.Ordinal);
        foreach (Setting setting in Settings.All)
        {
            (string? text, string source, Place place) = Find(setting, configuration, commandLine);
            if (text is null) continue;
            if (Settings.TwinOf(setting) is { } twin)
            {
                (string? other, string otherSource, Place otherPlace) = Find(twin, configuration, commandLine);
                if (other is not null && otherPlace > place) continue;
                if (otherPlace == place && !string.IsNullOrEmpty(other))
                {
                    if (text.Length == 0) continue;
                    mistaken.Add(setting.Name);
                    if (setting.FileOf is null) mistakes.Add($"{source} and {otherSource} are both set; give one of them");
                    continue;
                }
            }

            try
            {
                options = setting.Apply(options, text);
                given.Add(setting.Name);
            }
            catch (FormatException mistake)
            {
                mistaken.Add(setting.Name);
                mistakes.Add($"{source} {mistake.Message}");
            }
        }

        // What is missing or contradicts itself cannot be told while a part of it is mistaken.
        if (!mistaken.Any(name => name.StartsWith("REDIS_", StringComparison.Ordinal)))
        {
            options = options with { Redis = options.Redis with { Url = options.Access.Complete(options.Redis.Url, out string? redis) } };
            if (redis is not null) mistakes.Add(redis);
        }

        if (!mistaken.Any(name => name.StartsWith("PG_", StringComparison.Ordinal)))
        {
            options = options with { Postgres = options.Postgres with { Url = options.Access.Complete(options.Postgres.Url, out string? postgres) } };
            if (postgres is not null) mistakes.Add(postgres);
        }

        if (options.Tls.FindMistake() is { } tls) mistakes.Add(tls);
        if (options.Connections is { ProxyProtocol: true, TrustedProxies.Count: 0 }) mistakes.Add("CECELIA_PROXY_PROTOCOL needs CECELIA_TRUSTED_PROXIES beside it: the addresses of the proxies");
        if (options.Redis is { SentinelMaster.Length: > 0, Url: null }) mistakes.Add("CECELIA_REDIS_SENTINEL needs CECELIA_REDIS_URL beside it: the addresses of the Sentinels");
        if (options.Redis is { SentinelMaster.Length: 0, SentinelPassword.Length: > 0 }) mistakes.Add("CECELIA_REDIS_SENTINEL_PASSWORD needs CECELIA_REDIS_SENTINEL beside it: the name of the master");
        if (options.Redis.Url is { } url) options = options with { Redis = options.Redis with { Url = options.Redis.ToUrl(url) } };
        (options, string? memory) = MemoryBudget.Fit(options, given, memoryLimitBytes);
        if (memory is not null) mistakes.Add(memory);
        return (options, mistakes);
    }

    /// <summary>Variables that begin with <c>CECELIA_</c> and are no setting, with the nearest setting's name: most likely misspelt.</summary>
    public static IEnumerable<(string Name, string Nearest)> FindUnknown(IEnumerable<string> environmentNames)
    {
        var known = Settings.All.Select(setting => setting.EnvironmentName).ToHashSet(StringComparer.Ordinal);
        return environmentNames
            .Where(name => name.StartsWith(Setting.EnvironmentPrefix, StringComparison.Ordinal) && !known.Contains(name))
            .Order(StringComparer.Ordinal)
            .Select(name => (name, known.MinBy(candidate => Distance(name, candidate))!));
    }

    /// <summary>Whether the value of <paramref name="secret"/> is the content of its file.</summary>
    public static bool IsFromFile(Setting secret, IConfiguration configuration, IReadOnlyDictionary<string, string>? commandLine)
    {
        if (!secret.IsSecret) return false;
        (string? text, _, Place place) = Find(secret, configuration, commandLine);
        (string? file, _, Place filePlace) = Find(Settings.TwinOf(secret)!, configuration, commandLine);
        return !string.IsNullOrEmpty(file) && (text is null || filePlace > place || (filePlace == place && text.Length == 0));
    }

    /// <summary>Null where the setting is not given.</summary>
    private static (string? Text, string Source, Place Place) Find(Setting setting, IConfiguration configuration, IReadOnlyDictionary<string, string>? commandLine)
    {
        if (commandLine is not null && commandLine.TryGetValue(setting.Name, out string? given)) return (given, setting.CommandLineName, Place.CommandLine);
        if (configuration[setting.EnvironmentName] is { } environment) return (environment, setting.EnvironmentName, Place.EnvironmentName);
        return (configuration[setting.ConfigurationKey], setting.ConfigurationKey, Place.ConfigurationKey);
    }

    /// <summary>Levenshtein distance.</summary>
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

    /// <summary>Where a value was given; a later one wins.</summary>
    private enum Place
    {
        ConfigurationKey,
        EnvironmentName,
        CommandLine,
    }
}
