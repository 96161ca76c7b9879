using System.Globalization;
using System.Text.Json;

namespace Cecelia.Relay.Tests.Harness;

/// <summary>Events that carry their number, so that order, loss and duplicates show.</summary>
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

    /// <summary>Fails unless the messages are the events from <paramref name="first"/> on, in order, each once.</summary>
    public static void AssertInOrder(IReadOnlyList<string> messages, int first = 0)
    {
        for (int i = 0; i < messages.Count; i++) Assert.Equal(first + i, Of(messages[i]));
    }
}
