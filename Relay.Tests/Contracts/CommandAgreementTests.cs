using System.Text;
using System.Text.Json;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Tests.Contracts;

/// <summary>The schema accepts the same commands as the relay. (The allowed names are a setting; <c>ping</c> and <c>hello</c> are not commands.)</summary>
public sealed class CommandAgreementTests
{
    private static readonly string[] Fields = ["cmd", "type", "data", "project_id", "ref", "timestamp", "more"];

    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1.5", "\"\"", "\"x\"", "\"a\\nb\"", "\"\\u0085\"", "{}", "[]", "{\"a\":{}}", "\"2026-02-06T08:30:00Z\"",
        Text(CommandOptions.ReferenceBytes), Text(CommandOptions.ReferenceBytes + 1), Text(CommandOptions.NameBytes),
        Text(CommandOptions.NameBytes + 1), Text(EventLimits.KeyBytes), Text(EventLimits.KeyBytes + 1),
    ];

    [Theory]
    [InlineData("ClientCommand", "cmd")]
    [InlineData("ClientBoardCommand", "type")]
    public void Schema_accepts_a_command_exactly_where_the_relay_does(string schema, string member)
    {
        foreach (string value in Values)
        {
            AssertAgreement(schema, $$"""{"{{member}}":{{value}} }""");
            foreach (string field in Fields.Where(field => field != member))
            {
                AssertAgreement(schema, $$"""{"{{member}}":"start_session","{{field}}":{{value}} }""");
            }
        }
    }

    private static void AssertAgreement(string schema, string message)
    {
        string? error = ClientMessage.Read(Encoding.UTF8.GetBytes(message)).Command.Error;
        IReadOnlyList<string> faults = Contract.Faults(schema, message);
        Assert.True((error is null) == (faults.Count == 0), $"the relay: {error ?? "accepts it"}; the schema: {string.Join("; ", faults)}: {message}");
    }

    private static string Text(int length) => JsonSerializer.Serialize(new string('k', length));
}
