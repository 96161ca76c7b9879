using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace Cecelia.Relay.Bench.Commands;

/// <summary>An option that takes a number within bounds, and says so in plain words when it gets something else.</summary>
internal static class NumberOption
{
    public static Option<int> Whole(string name, int least, int most, int usual, string description) => Make(name, least, most, usual, description);

    public static Option<double> Decimal(string name, double least, double most, double usual, string description) => Make(name, least, most, usual, description);

    /// <summary>Without a usual value: absent unless given.</summary>
    public static Option<T?> Maybe<T>(string name, T least, T most, string description)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = "NUMBER",
            CustomParser = result => Read(name, result.Tokens[0].Value, least, most, result.AddError),
        };

    private static Option<T> Make<T>(string name, T least, T most, T usual, string description)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = "NUMBER",
            DefaultValueFactory = _ => usual,
            CustomParser = result => Read(name, result.Tokens[0].Value, least, most, result.AddError),
        };

    private static T Read<T>(string name, string text, T least, T most, Action<string> refuse)
        where T : struct, INumber<T>
    {
        if (T.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out T value) && value >= least && value <= most) return value;
        string kind = typeof(T) == typeof(int) ? "a whole number" : "a number";
        refuse(string.Create(CultureInfo.InvariantCulture, $"{name} takes {kind} from {least:#,0.###} to {most:#,0.###}, not '{text}'."));
        return default;
    }
}
