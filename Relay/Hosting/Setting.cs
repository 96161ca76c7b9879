using System.Globalization;

namespace Cecelia.Relay.Hosting;

/// <summary>
/// One setting: a single name from which its environment variable (<c>CECELIA_WS_PORT</c>), its key in <c>appsettings.json</c>
/// (<c>Cecelia:WsPort</c>) and its command line option (<c>--ws-port</c>) follow.
/// </summary>
/// <param name="Name">Upper-case words joined by underscores, without the prefix.</param>
/// <param name="Unit">What a value counts, for the table in deploy/CONFIGURATION.md.</param>
/// <param name="Zero">What zero (or empty) means, for the table in deploy/CONFIGURATION.md.</param>
/// <param name="Help">One sentence.</param>
/// <param name="Apply">Puts the text into the options, or throws <see cref="FormatException"/> with a message that completes "NAME …".</param>
/// <param name="Read">The effective value as text, secrets masked.</param>
internal sealed record Setting(string Name, string Unit, string Zero, string Help, Func<RelayOptions, string, RelayOptions> Apply, Func<RelayOptions, string> Read)
{
    public const string EnvironmentPrefix = "CECELIA_";

    /// <summary>What the name of a setting ends with that names a file with the value of another one.</summary>
    private const string FileSuffix = "_FILE";

    /// <summary>Whether the value may be in a file, whose name is a setting of its own (<see cref="InFile"/>).</summary>
    public bool IsSecret { get; init; }

    /// <summary>The name of the secret that is in the file which this setting names; null: the setting is a value of its own.</summary>
    public string? FileOf { get; private init; }

    /// <summary>For example <c>CECELIA_WS_PORT</c>.</summary>
    public string EnvironmentName => EnvironmentPrefix + Name;

    /// <summary>For example <c>Cecelia:WsPort</c>.</summary>
    public string ConfigurationKey { get; } = "Cecelia:" + string.Concat(Name.Split('_').Select(word => word[..1] + word[1..].ToLowerInvariant()));

    /// <summary>For example <c>--ws-port</c>.</summary>
    public string CommandLineName { get; } = "--" + Name.ToLowerInvariant().Replace('_', '-');

    /// <summary>The default as text.</summary>
    public string Default => Read(new RelayOptions());

    /// <summary>The setting that names a file with the value of <paramref name="secret"/>, for example <c>CECELIA_REDIS_PASSWORD_FILE</c>.</summary>
    public static Setting InFile(Setting secret) => new(
        secret.Name + FileSuffix,
        "file",
        $"empty: {secret.EnvironmentName} itself",
        $"File that holds {secret.EnvironmentName} in one line; a line end after it is ignored.",
        (o, t) => t.Length == 0 ? o : ApplyFile(secret, o, t),
        o => o.Access.Files.GetValueOrDefault(secret.Name, ""))
    { FileOf = secret.Name };

    public static int ParseInt(string text, int min, int max) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max
            ? value
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max}, not '{text}'"));

    public static long ParseLong(string text, long min, long max) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= min && value <= max
            ? value
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max}, not '{text}'"));

    public static bool ParseBool(string text) => text.Trim().ToLowerInvariant() switch
    {
        "true" or "1" or "yes" or "on" => true,
        "false" or "0" or "no" or "off" => false,
        _ => throw new FormatException($"must be true or false, not '{text}'"),
    };

    /// <summary>Seconds, fractions allowed.</summary>
    public static TimeSpan ParseSeconds(string text, double min, double max) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out double value) && value >= min && value <= max
            ? TimeSpan.FromSeconds(value)
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"must be a number of seconds from {min} to {max}, not '{text}'"));

    public static string Text(TimeSpan value) => value.TotalSeconds.ToString(CultureInfo.InvariantCulture);

    public static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Mask(string secret) => secret.Length == 0 ? "" : "***";

    public static string Text(bool value) => value ? "true" : "false";

    private static RelayOptions ApplyFile(Setting secret, RelayOptions options, string file)
    {
        string content = SecretFile.Read(file);
        try
        {
            RelayOptions applied = secret.Apply(options, content);
            return applied with { Access = applied.Access with { Files = new Dictionary<string, string>(applied.Access.Files) { [secret.Name] = file } } };
        }
        catch (FormatException mistake)
        {
            throw new FormatException($"names the file {file}, whose content {mistake.Message}");
        }
    }
}
