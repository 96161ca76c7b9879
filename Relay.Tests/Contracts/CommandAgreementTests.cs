using System.Text;
using System.Text.Json;
using Cecelia.Relay.Commands;
using Cecelia.Relay.Events;

namespace Cecelia.Relay.Tests.Contracts;

/// <summary>The schema takes the commands that the relay takes, and no others. (Which names are allowed is a setting; <c>ping</c> and <c>hello</c> are none.)</summary>
public sealed class CommandAgreementTests
{
    private static readonly string[] Fields = ["cmd", "type", "data", "project_id", "ref", "timestamp", "more"];

    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1.5", "\"\"", "\"x\"", "\"a\\nb\"", "\"\\u0085\"", "{}", "[]", "{\"a\":{}}", "\"2026-02-06T08:30:00Z\"",
        Text(CommandOptions.ReferenceBytes), Text(CommandOptions.ReferenceBytes + 1), Text(CommandOptions.NameBytes), Text(CommandOptions.NameBytes + 1), Text(EventLimits.KeyBytes), Text(EventLimits.KeyBytes + 1),
    ];

    [Theory]
    [InlineData("ClientCommand", "cmd")]
    [InlineData("ClientBoardCommand", "type")]
    public void Command_is_taken_by_the_schema_just_where_the_relay_takes_it(string schema, string word)
    {
        foreach (string value in Values)
        {
            Agree(schema, $$"""{"{{word}}":{{value}} }""");
            foreach (string field in Fields.Where(field => field != word)) Agree(schema, $$"""{"{{word}}":"start_session","{{field}}":{{value}} }""");
        }
    }

    private static void Agree(string schema, string message)
    {
        string? mistake = CommandText.Read(Encoding.UTF8.GetBytes(message)).Error;
        IReadOnlyList<string> faults = Contract.Faults(schema, message);
        Assert.True((mistake is null) == (faults.Count == 0), $"the relay: {mistake ?? "good"}; the schema: {string.Join("; ", faults)}: {message}");
    }

    private static string Text(int length) => JsonSerializer.Serialize(new string('k', length));
}
