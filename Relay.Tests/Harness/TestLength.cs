using System.Globalization;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>
/// How long the tests are that can be as long as one likes: random worlds, floods, repeated faults. <c>CECELIA_TEST_LONG</c> is a factor; without it they are
/// short enough for <c>make test</c>. <c>make verify</c> sets it.
/// </summary>
internal static class TestLength
{
    private const string Variable = "CECELIA_TEST_LONG";

    public static int Factor { get; } = Parse(Environment.GetEnvironmentVariable(Variable));

    /// <summary>How often to repeat what is repeated <paramref name="count"/> times in the short form.</summary>
    public static int Times(int count) => checked(count * Factor);

    /// <summary>Seeds from 1 on, as the data of a theory.</summary>
    public static TheoryData<int> Seeds(int count) => [.. Enumerable.Range(1, Times(count))];

    private static int Parse(string? value)
    {
        if (string.IsNullOrEmpty(value)) return 1;
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int factor) && factor is >= 1 and <= 999) return factor;
        throw new InvalidOperationException($"{Variable}={value}: expected a whole number from 1 to 999");
    }
}
