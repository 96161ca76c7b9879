using System.Globalization;

namespace Cecelia.Relay.Hosting;

/// <summary>
/// One setting. Its environment variable (<c>CECELIA_WS_PORT</c>), its key in <c>appsettings.json</c> (<c>Cecelia:WsPort</c>) and its command-line option
/// (<c>--ws-port</c>) are derived from its name.
/// </summary>
/// <param name="Name">Upper-case words joined by underscores, without the prefix.</param>
/// <param name="Unit">Unit of the value, for the table in deploy/CONFIGURATION.md.</param>
/// <param name="Zero">Meaning of zero (or empty), for the table in deploy/CONFIGURATION.md.</param>
/// <param name="Help">Description of the setting.</param>
/// <param name="Apply">Sets the value in the options, or throws <see cref="FormatException"/> with a message that completes "NAME …".</param>
/// <param name="Read">Returns the effective value as text, with secrets masked.</param>
internal sealed record Setting(
    string Name,
    string Unit,
    string Zero,
    string Help,
    Func<RelayOptions, string, RelayOptions> Apply,
    Func<RelayOptions, string> Read)
{
    public const string EnvironmentPrefix = "CECELIA_";

    /// <summary>Suffix of the names of settings that name a file with the value of another setting.</summary>
    private const string FileSuffix = "_FILE";

    /// <summary>Whether the value is a secret, and may be in a file that a separate setting names (<see cref="InFile"/>).</summary>
    public bool IsSecret { get; init; }

    /// <summary>The name of the secret that is in the file which this setting names; null if this setting does not name such a file.</summary>
    public string? FileOf { get; private init; }

    /// <summary>For example <c>CECELIA_WS_PORT</c>.</summary>
    public string EnvironmentName => EnvironmentPrefix + Name;

    /// <summary>For example <c>Cecelia:WsPort</c>.</summary>
    public string ConfigurationKey { get; } = "Cecelia:" + string.Concat(Name.Split('_').Select(word => word[..1] + word[1..].ToLowerInvariant()));

    /// <summary>For example <c>--ws-port</c>.</summary>
    public string CommandLineName { get; } = "--" + Name.ToLowerInvariant().Replace('_', '-');

    /// <summary>The default as text.</summary>
    public string Default => Read(new RelayOptions());

    /// <summary>Creates the setting that names a file with the value of <paramref name="secret"/>, for example <c>CECELIA_REDIS_PASSWORD_FILE</c>.</summary>
    public static Setting InFile(Setting secret) => new(
        secret.Name + FileSuffix,
        "file",
        $"empty: {secret.EnvironmentName} itself",
        $"File that contains {secret.EnvironmentName} in one line; a line end is ignored.",
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

    /// <summary>Parses a number of seconds, which may have a fraction.</summary>
    public static TimeSpan ParseSeconds(string text, double min, double max) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out double value)
            && value >= min
            && value <= max
            ? TimeSpan.FromSeconds(value)
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"must be a number of seconds from {min} to {max}, not '{text}'"));

    /// <summary>Parses a number from 0 to 1.</summary>
    public static double ParseShare(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 1
            ? value
            : throw new FormatException($"must be a number from 0 to 1, not '{text}'");

    public static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

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
        catch (FormatException invalid)
        {
            throw new FormatException($"names the file {file}, whose content {invalid.Message}");
        }
    }
}
