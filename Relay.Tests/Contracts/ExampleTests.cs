using System.Text.Json;
using System.Text.RegularExpressions;
using Cecelia.Relay.Events;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Tests.Events;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Contracts;

/// <summary>Every message that the documents show conforms to its contract.</summary>
public sealed partial class ExampleTests
{
    /// <summary>The schema name in examples.json of an event that a publisher sends.</summary>
    private const string Published = "events";

    /// <summary>The documents whose commands publish events.</summary>
    private static readonly string[] Publishing = ["README.md", Path.Combine("deploy", "OPERATIONS.md")];

    /// <summary>The messages of PROTOCOL.md, each on a line of its own in a block of JSON.</summary>
    public static TheoryData<string> OfTheProtocol =>
        [
            .. Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, "Relay", "PROTOCOL.md"))).SelectMany(
                block => block.Groups["lines"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
        ];

    public static TheoryData<string> ToPublish =>
        [
            .. Publishing
                .SelectMany(document => Payload().Matches(File.ReadAllText(Path.Combine(Repository.Root, document))))
                .Select(match => match.Groups["payload"].Value)
                .Distinct(),
        ];

    public static TheoryData<string, bool, string> Examples
    {
        get
        {
            var examples = new TheoryData<string, bool, string>();
            using JsonDocument file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "Relay.Tests", "Contracts", "examples.json")));
            foreach (JsonElement example in file.RootElement.EnumerateArray())
                examples.Add(
                    example.GetProperty("schema").GetString()!, example.GetProperty("valid").GetBoolean(), example.GetProperty("message").GetRawText());
            return examples;
        }
    }

    [Theory]
    [MemberData(nameof(OfTheProtocol))]
    public void Message_in_the_protocol_conforms_to_its_contract(string line) => Assert.Empty(Faults(SchemaOf(line), Expand(line)));

    [Theory]
    [MemberData(nameof(ToPublish))]
    public void Event_published_by_a_document_conforms_to_its_contract(string payload) => Contract.Events.Holds("#", payload);

    [Fact]
    public void Examples_are_found()
    {
        Assert.True(OfTheProtocol.Count >= 20, $"{OfTheProtocol.Count}");
        Assert.NotEmpty(ToPublish);
        Assert.True(Examples.Count > 50, $"{Examples.Count}");
    }

    /// <summary>
    /// Checks the examples of examples.json, which Ajv checks too (frontend/contracts): those of the original documents, verbatim, and valid and invalid
    /// ones of each kind.
    /// </summary>
    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_is_valid_or_invalid_as_declared(string schema, bool valid, string message)
    {
        IReadOnlyList<string> faults = Faults(schema, message);

        Assert.True(valid == (faults.Count == 0), $"{schema}: {string.Join("; ", faults)}: {message}");
        if (schema == Published) Assert.Equal(valid, Decoding.Decode(message).Refusal == RefusalReason.None);
    }

    [Fact]
    public void Member_that_no_contract_mentions_is_reported() =>
        Assert.NotEmpty(Contract.Faults("TaskProgressEvent", """{"event":"task:progress","data":{},"timestamp":"2026-11-21T08:04:00.278Z","more":1}"""));

    private static IReadOnlyList<string> Faults(string schema, string message) =>
        schema == Published ? Contract.Events.Faults("#", message) : Contract.Faults(schema, message);

    private static string SchemaOf(string line)
    {
        JsonElement message = JsonDocument.Parse(Expand(line)).RootElement;
        if (message.TryGetProperty("tasks", out _)) return "StateResponse";
        if (message.TryGetProperty("connection", out _)) return "BrainCommand";
        if (message.TryGetProperty("event", out JsonElement name))
        {
            if (name.GetString()!.StartsWith("relay:", StringComparison.Ordinal)) return Contract.OfRelay(name.GetString()!);
            if (message.TryGetProperty("id", out JsonElement id) && StreamPosition.TryParse(id.GetString(), out _)) return "CeceliaEvent";
            // A publisher may omit the time. A delivered event always has one.
            return message.TryGetProperty("timestamp", out _) && !message.TryGetProperty("seq", out _) ? "CeceliaEvent" : Published;
        }

        if (message.TryGetProperty("ref", out _)) return "ClientMessage";
        if (message.TryGetProperty("execution_id", out _) || message.GetProperty("type").GetString() == "error") return "ExecutionMessage";
        return message.TryGetProperty("timestamp", out _) ? "TaskTreeEvent" : "ClientMessage";
    }

    /// <summary>Replaces an ellipsis by an empty array, or by the times of an entity.</summary>
    private static string Expand(string line) => line
        .Replace("[…]", "[]", StringComparison.Ordinal)
        .Replace(", …}", ""","timestamp":"2026-11-21T08:04:00Z","received":"2026-11-21T08:04:00Z"}""", StringComparison.Ordinal);

    [GeneratedRegex(@"```json\n(?<lines>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"'(?<payload>\{""(event|type)"":[^']*\})'")]
    private static partial Regex Payload();
}
