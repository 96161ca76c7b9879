using Cecelia.Relay.Hosting;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Cli;

/// <summary>The configuration as the relay would use it, with the source of each value and every error. Immutable.</summary>
/// <param name="Options">Valid only if there are no <paramref name="Errors"/>.</param>
/// <param name="Errors">Error messages, one line each.</param>
/// <param name="Notices">Messages that do not prevent a start: variables and keys that are not settings, and defaults that were lowered to fit.</param>
/// <param name="Sources">The source of each value, by <see cref="Setting.Name"/>.</param>
internal sealed record EffectiveSettings(
    RelayOptions Options, IReadOnlyList<string> Errors, IReadOnlyList<string> Notices, IReadOnlyDictionary<string, SettingSource> Sources)
{
    public const string FileName = "appsettings.json";

    private const string RedisUrlName = "REDIS_URL";

    /// <summary>
    /// Reads the settings from <c>appsettings.json</c>, the environment and <paramref name="commandLine"/> (by setting name). Later sources take precedence.
    /// </summary>
    public static EffectiveSettings Load(Terminal terminal, IReadOnlyDictionary<string, string>? commandLine = null)
    {
        SettingsFile[] files =
        [
            .. terminal.SettingsFolders
                .Select(folder => Path.GetFullPath(Path.Combine(folder, FileName)))
                .Distinct()
                .Select(SettingsFile.Read).OfType<SettingsFile>(),
        ];
        var builder = new ConfigurationBuilder();
        foreach (SettingsFile file in files) builder.AddInMemoryCollection(file.Values);
        builder.AddInMemoryCollection(
            terminal.Environment.Select(variable => KeyValuePair.Create(variable.Key.Replace("__", ":", StringComparison.Ordinal), (string?)variable.Value)));
        IConfigurationRoot configuration = builder.Build();

        (RelayOptions options, IReadOnlyList<string> errors) = SettingsReader.Read(configuration, commandLine, terminal.MemoryLimitBytes);
        IConfigurationProvider environment = configuration.Providers.Last();
        (options, string? limitError, string? lowered) = DescriptorBudget.Fit(
            options, FindName("MAX_CONNECTIONS", configuration, environment, commandLine), terminal.DescriptorLimit());
        return new EffectiveSettings(
            options,
            [.. AsList(terminal.WorkingDirectoryError), .. files.SelectMany(file => file.Errors), .. errors, .. AsList(limitError)],
            [.. FindUnknown(files, terminal.Environment.Keys), .. AsList(lowered)],
            Settings.All.ToDictionary(
                setting => setting.Name,
                setting => lowered is not null && setting.Name == "MAX_CONNECTIONS"
                    ? SettingSource.Lowered
                    : FindSource(setting, options, configuration, environment, commandLine)));
    }

    /// <summary>
    /// Reads the Redis and the channel to publish on, for commands that need only these. <paramref name="url"/> and <paramref name="channel"/> are options of
    /// the command; the settings supply the missing ones. Password and certificates that are set apart from the URL apply in both cases. Errors in other
    /// settings are ignored. Writes the errors, and returns false if there are any.
    /// </summary>
    public static bool TryReadTarget(Terminal terminal, string? url, string? channel, out RedisUrl redis, out string target)
    {
        EffectiveSettings effective = Load(terminal, url is null ? null : new Dictionary<string, string> { [RedisUrlName] = url });
        redis = effective.Options.Redis.Url ?? LocalRedis();
        target = channel ?? effective.Options.Redis.EventsChannel;
        var errors = effective.Errors
            .Where(
                error => Concerns(error, name => name.StartsWith("REDIS_", StringComparison.Ordinal) || (channel is null && name == "CHANNEL_PREFIX"))
                    || error.Contains(FileName, StringComparison.Ordinal))
            // These commands call the option --redis.
            .Select(
                error => url is not null && error.StartsWith("--redis-url ", StringComparison.Ordinal) ? "--redis " + error["--redis-url ".Length..] : error)
            .ToList();
        redis = redis with { ChannelPrefix = effective.Options.Redis.ChannelPrefix };
        if (channel is { Length: 0 }) errors.Add("--channel must not be empty");
        foreach (string error in errors) terminal.Error.WriteLine(error);
        return errors.Count == 0;
    }

    private static RedisUrl LocalRedis() =>
        RedisUrl.TryParse("redis://127.0.0.1:6379", out RedisUrl? local, out string? error) ? local : throw new InvalidOperationException(error);

    private static bool Concerns(string error, Func<string, bool> isRelevant) => Settings.All.Where(setting => isRelevant(setting.Name)).Any(setting =>
        ((string[])[setting.EnvironmentName, setting.ConfigurationKey, setting.CommandLineName])
            .Any(name => error.StartsWith(name + " ", StringComparison.Ordinal)));

    private static SettingSource FindSource(
        Setting setting,
        RelayOptions options,
        IConfigurationRoot configuration,
        IConfigurationProvider environment,
        IReadOnlyDictionary<string, string>? commandLine)
    {
        if (options.Memory.Scaled.Contains(setting.EnvironmentName)) return SettingSource.Scaled;
        if (SettingsReader.IsFromFile(setting, configuration, commandLine)) return SettingSource.File;
        if (commandLine is not null && commandLine.ContainsKey(setting.Name)) return SettingSource.CommandLine;
        string key = configuration[setting.EnvironmentName] is null ? setting.ConfigurationKey : setting.EnvironmentName;
        if (environment.TryGet(key, out _)) return SettingSource.Environment;
        return configuration[key] is null ? SettingSource.Default : SettingSource.AppSettings;
    }

    /// <summary>Returns the name under which a setting was given; null if it has its default.</summary>
    private static string? FindName(
        string name,
        IConfigurationRoot configuration,
        IConfigurationProvider environment,
        IReadOnlyDictionary<string, string>? commandLine)
    {
        Setting setting = Settings.All.Single(candidate => candidate.Name == name);
        return FindSource(setting, new RelayOptions(), configuration, environment, commandLine) switch
        {
            SettingSource.Default => null,
            SettingSource.CommandLine => setting.CommandLineName,
            SettingSource.AppSettings => setting.ConfigurationKey,
            _ => setting.EnvironmentName,
        };
    }

    private static IEnumerable<string> AsList(string? line) => line is null ? [] : [line];

    private static IEnumerable<string> FindUnknown(SettingsFile[] files, IEnumerable<string> environmentNames)
    {
        foreach ((string name, string nearest) in SettingsReader.FindUnknown(environmentNames))
        {
            yield return $"{name} is not a setting; did you mean {nearest}?";
        }

        var known =
            Settings.All.SelectMany(setting => (string[])[setting.ConfigurationKey, setting.EnvironmentName]).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (SettingsFile file in files)
        {
            foreach (string key in file.Values.Keys.Where(key => !known.Contains(key)))
            {
                yield return $"{key} in {file.Path} is not a setting; `Relay check` lists all settings";
            }
        }
    }
}
