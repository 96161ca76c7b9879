using System.Globalization;
using System.Text.Json;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>Numbered events, so that a test can detect disorder, loss and duplicates.</summary>
internal static class Numbered
{
    public static string Payload(int number, string padding = "") =>
        string.Create(CultureInfo.InvariantCulture, $$$"""{"event":"number","data":{"n":{{{number}}},"padding":"{{{padding}}}"}}""");

    public static IEnumerable<string> Payloads(int first, int count, string padding = "") => Enumerable.Range(first, count).Select(n => Payload(n, padding));

    public static int Of(string message)
    {
        using var json = JsonDocument.Parse(message);
        Assert.Equal("number", json.RootElement.GetProperty("event").GetString());
        return json.RootElement.GetProperty("data").GetProperty("n").GetInt32();
    }

    /// <summary>Asserts that the messages are the events from <paramref name="first"/> on, in order and without duplicates.</summary>
    public static void AssertInOrder(IReadOnlyList<string> messages, int first = 0)
    {
        for (int i = 0; i < messages.Count; i++) Assert.Equal(first + i, Of(messages[i]));
    }
}
