using System.Globalization;

namespace Cecelia.Relay.Hosting;

/// <summary>
/// One setting: a single name from which its environment variable (<c>CECELIA_WS_PORT</c>), its key in <c>appsettings.json</c>
/// (<c>Cecelia:WsPort</c>) and its command line option (<c>--ws-port</c>) follow.
/// </summary>
/// <param name="Name">Upper-case words joined by underscores, without the prefix.</param>
/// <param name="Unit">What a value counts, for the table in the README.</param>
/// <param name="Zero">What zero (or empty) means, for the table in the README.</param>
/// <param name="Help">One sentence.</param>
/// <param name="Apply">Puts the text into the options, or throws <see cref="FormatException"/> with a message that completes "NAME …".</param>
/// <param name="Read">The effective value as text, secrets masked.</param>
internal sealed record Setting(string Name, string Unit, string Zero, string Help, Func<RelayOptions, string, RelayOptions> Apply, Func<RelayOptions, string> Read)
{
    public const string EnvironmentPrefix = "CECELIA_";

    /// <summary>For example <c>CECELIA_WS_PORT</c>.</summary>
    public string EnvironmentName => EnvironmentPrefix + Name;

    /// <summary>For example <c>Cecelia:WsPort</c>.</summary>
    public string ConfigurationKey { get; } = "Cecelia:" + string.Concat(Name.Split('_').Select(word => word[..1] + word[1..].ToLowerInvariant()));

    /// <summary>For example <c>--ws-port</c>.</summary>
    public string CommandLineName { get; } = "--" + Name.ToLowerInvariant().Replace('_', '-');

    /// <summary>The default as text.</summary>
    public string Default => Read(new RelayOptions());

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

    public static string Text(bool value) => value ? "true" : "false";
}
