using Cecelia.Relay.Hosting;
using Cecelia.Relay.Redis;

namespace Cecelia.Relay.Cli;

/// <summary>The configuration as the relay would use it, with every mistake, and where each value came from. Immutable.</summary>
/// <param name="Options">Valid only when there are no <paramref name="Errors"/>.</param>
/// <param name="Errors">In plain words, one line each.</param>
/// <param name="Notices">What is odd but stops nothing: variables and keys that are no setting, a default that was lowered to fit.</param>
/// <param name="Sources">By <see cref="Setting.Name"/>.</param>
internal sealed record EffectiveSettings(
    RelayOptions Options, IReadOnlyList<string> Errors, IReadOnlyList<string> Notices, IReadOnlyDictionary<string, SettingSource> Sources)
{
    public const string FileName = "appsettings.json";

    private const string RedisUrlName = "REDIS_URL";

    /// <summary>From <c>appsettings.json</c>, environment and <paramref name="commandLine"/> (by setting name), the later winning.</summary>
    public static EffectiveSettings Load(Terminal terminal, IReadOnlyDictionary<string, string>? commandLine = null)
    {
        SettingsFile[] files = [.. terminal.SettingsFolders.Select(folder => Path.GetFullPath(Path.Combine(folder, FileName))).Distinct().Select(SettingsFile.Read).OfType<SettingsFile>()];
        var builder = new ConfigurationBuilder();
        foreach (SettingsFile file in files) builder.AddInMemoryCollection(file.Values);
        builder.AddInMemoryCollection(terminal.Environment.Select(variable => KeyValuePair.Create(variable.Key.Replace("__", ":", StringComparison.Ordinal), (string?)variable.Value)));
        IConfigurationRoot configuration = builder.Build();

        (RelayOptions options, IReadOnlyList<string> mistakes) = SettingsReader.Read(configuration, commandLine, terminal.MemoryLimitBytes);
        IConfigurationProvider environment = configuration.Providers.Last();
        (options, string? misfit, string? lowered) = DescriptorBudget.Fit(options, FindName("MAX_CONNECTIONS", configuration, environment, commandLine), terminal.DescriptorLimit());
        return new EffectiveSettings(
            options,
            [.. files.SelectMany(file => file.Errors), .. mistakes, .. AsList(misfit)],
            [.. FindUnknown(files, terminal.Environment.Keys), .. AsList(lowered)],
            Settings.All.ToDictionary(
                setting => setting.Name,
                setting => lowered is not null && setting.Name == "MAX_CONNECTIONS" ? SettingSource.Lowered : FindSource(setting, options, configuration, environment, commandLine)));
    }

    /// <summary>
    /// Redis and the channel to publish on, for the commands that need only these: <paramref name="url"/> and <paramref name="channel"/> from the
    /// command line, otherwise from the settings. Password and certificates that are set apart from the URL belong to both. Mistakes in other settings are none of a
    /// publisher's business.
    /// </summary>
    public static bool TryReadTarget(Terminal terminal, string? url, string? channel, out RedisUrl redis, out string target)
    {
        EffectiveSettings effective = Load(terminal, url is null ? null : new Dictionary<string, string> { [RedisUrlName] = url });
        redis = effective.Options.Redis.Url ?? LocalRedis();
        target = channel ?? effective.Options.Redis.EventsChannel;
        var mistakes = effective.Errors
            .Where(mistake => Concerns(mistake, name => name.StartsWith("REDIS_", StringComparison.Ordinal) || (channel is null && name == "CHANNEL_PREFIX")) || mistake.Contains(FileName, StringComparison.Ordinal))
            // These commands call the option --redis.
            .Select(mistake => url is not null && mistake.StartsWith("--redis-url ", StringComparison.Ordinal) ? "--redis " + mistake["--redis-url ".Length..] : mistake)
            .ToList();
        redis = redis with { ChannelPrefix = effective.Options.Redis.ChannelPrefix };
        if (channel is { Length: 0 }) mistakes.Add("--channel must not be empty");
        foreach (string mistake in mistakes) terminal.Error.WriteLine(mistake);
        return mistakes.Count == 0;
    }

    private static RedisUrl LocalRedis() =>
        RedisUrl.TryParse("redis://127.0.0.1:6379", out RedisUrl? local, out string? error) ? local : throw new InvalidOperationException(error);

    private static bool Concerns(string mistake, Func<string, bool> isOfInterest) => Settings.All.Where(setting => isOfInterest(setting.Name)).Any(setting =>
        ((string[])[setting.EnvironmentName, setting.ConfigurationKey, setting.CommandLineName]).Any(name => mistake.StartsWith(name + " ", StringComparison.Ordinal)));

    private static SettingSource FindSource(Setting setting, RelayOptions options, IConfigurationRoot configuration, IConfigurationProvider environment, IReadOnlyDictionary<string, string>? commandLine)
    {
        if (options.Memory.Scaled.Contains(setting.EnvironmentName)) return SettingSource.Scaled;
        if (SettingsReader.IsFromFile(setting, configuration, commandLine)) return SettingSource.File;
        if (commandLine is not null && commandLine.ContainsKey(setting.Name)) return SettingSource.CommandLine;
        string key = configuration[setting.EnvironmentName] is null ? setting.ConfigurationKey : setting.EnvironmentName;
        if (environment.TryGet(key, out _)) return SettingSource.Environment;
        return configuration[key] is null ? SettingSource.Default : SettingSource.AppSettings;
    }

    /// <summary>The name under which a setting was given; null where it has its default.</summary>
    private static string? FindName(string name, IConfigurationRoot configuration, IConfigurationProvider environment, IReadOnlyDictionary<string, string>? commandLine)
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
        foreach ((string name, string nearest) in SettingsReader.FindUnknown(environmentNames)) yield return $"{name} is not a setting; did you mean {nearest}?";

        var known = Settings.All.SelectMany(setting => (string[])[setting.ConfigurationKey, setting.EnvironmentName]).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (SettingsFile file in files)
        {
            foreach (string key in file.Values.Keys.Where(key => !known.Contains(key)))
            {
                yield return $"{key} in {file.Path} is not a setting; `Relay check` lists them all";
            }
        }
    }
}
