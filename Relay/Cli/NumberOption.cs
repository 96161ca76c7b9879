using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace Cecelia.Relay.Cli;

/// <summary>Options that take a number within bounds. The error message names the bounds. Also used by the benchmark program.</summary>
internal static class NumberOption
{
    /// <summary>An option with a default value.</summary>
    public static Option<T> Create<T>(string name, string helpName, T min, T max, T defaultValue, string description)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = helpName,
            DefaultValueFactory = _ => defaultValue,
            CustomParser = result => Parse(name, result.Tokens[0].Value, min, max, result.AddError),
        };

    /// <summary>An option without a default value: null unless given.</summary>
    public static Option<T?> CreateOptional<T>(string name, string helpName, T min, T max, string description)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result => Parse(name, result.Tokens[0].Value, min, max, result.AddError),
        };

    private static T Parse<T>(string name, string text, T min, T max, Action<string> addError)
        where T : struct, INumber<T>
    {
        if (T.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out T value) && value >= min && value <= max) return value;
        string kind = typeof(T) == typeof(int) ? "a whole number" : "a number";
        addError(string.Create(CultureInfo.InvariantCulture, $"{name} must be {kind} from {min:#,0.###} to {max:#,0.###}, not '{text}'"));
        return default;
    }
}
