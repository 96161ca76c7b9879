using System.Globalization;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>
/// The length of the tests that can be arbitrarily long: random scenarios, floods, repeated faults. <c>CECELIA_TEST_LONG</c> is a factor; without it they are
/// short enough for <c>make test</c>. <c>make verify</c> sets it.
/// </summary>
internal static class TestLength
{
    private const string Variable = "CECELIA_TEST_LONG";

    public static int Factor { get; } = Parse(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Returns the number of repetitions, given the number in the short form.</summary>
    public static int Times(int count) => checked(count * Factor);

    /// <summary>Returns seeds from 1 on, as the data of a theory.</summary>
    public static TheoryData<int> Seeds(int count) => [.. Enumerable.Range(1, Times(count))];

    private static int Parse(string? value)
    {
        if (string.IsNullOrEmpty(value)) return 1;
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int factor) && factor is >= 1 and <= 999) return factor;
        throw new InvalidOperationException($"{Variable}={value}: expected a whole number from 1 to 999");
    }
}
