using System.Text.Json;
using System.Text.RegularExpressions;
using Cecelia.Relay.Events;
using Cecelia.Relay.Journal;
using Cecelia.Relay.Tests.Events;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Contracts;

/// <summary>Every message that the documents show is one.</summary>
public sealed partial class ExampleTests
{
    /// <summary>In examples.json, what a publisher sends.</summary>
    private const string Published = "events";

    /// <summary>The documents whose commands publish events.</summary>
    private static readonly string[] Publishing = ["README.md", Path.Combine("deploy", "OPERATIONS.md")];

    /// <summary>The messages of PROTOCOL.md, each in a line of its own in a block of JSON.</summary>
    public static TheoryData<string> OfTheProtocol =>
        [.. Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, "Relay", "PROTOCOL.md"))).SelectMany(block => block.Groups["lines"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))];

    public static TheoryData<string> ToPublish =>
        [.. Publishing.SelectMany(document => Payload().Matches(File.ReadAllText(Path.Combine(Repository.Root, document)))).Select(match => match.Groups["payload"].Value).Distinct()];

    public static TheoryData<string, bool, string> Examples
    {
        get
        {
            var examples = new TheoryData<string, bool, string>();
            using JsonDocument file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "Relay.Tests", "Contracts", "examples.json")));
            foreach (JsonElement example in file.RootElement.EnumerateArray())
                examples.Add(example.GetProperty("schema").GetString()!, example.GetProperty("valid").GetBoolean(), example.GetProperty("message").GetRawText());
            return examples;
        }
    }

    [Theory]
    [MemberData(nameof(OfTheProtocol))]
    public void Message_in_the_protocol_is_one(string line) => Assert.Empty(Faults(SchemaOf(line), Whole(line)));

    [Theory]
    [MemberData(nameof(ToPublish))]
    public void Event_that_a_document_publishes_is_one(string payload) => Contract.Events.Holds("#", payload);

    [Fact]
    public void Examples_are_found()
    {
        Assert.True(OfTheProtocol.Count >= 20, $"{OfTheProtocol.Count}");
        Assert.NotEmpty(ToPublish);
        Assert.True(Examples.Count > 50, $"{Examples.Count}");
    }

    /// <summary>Those of examples.json, which Ajv judges too (frontend/contracts): the seeds' own, letter by letter, and one of each kind, good and bad.</summary>
    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_is_judged_as_it_says(string schema, bool valid, string message)
    {
        IReadOnlyList<string> faults = Faults(schema, message);

        Assert.True(valid == (faults.Count == 0), $"{schema}: {string.Join("; ", faults)}: {message}");
        if (schema == Published) Assert.Equal(valid, Decoding.Decode(message).Refusal == RefusalReason.None);
    }

    [Fact]
    public void Member_that_no_contract_mentions_is_found_out() =>
        Assert.NotEmpty(Contract.Faults("TaskProgressEvent", """{"event":"task:progress","data":{},"timestamp":"2026-11-21T08:04:00.278Z","more":1}"""));

    private static IReadOnlyList<string> Faults(string schema, string message) => schema == Published ? Contract.Events.Faults("#", message) : Contract.Faults(schema, message);

    private static string SchemaOf(string line)
    {
        JsonElement message = JsonDocument.Parse(Whole(line)).RootElement;
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

    /// <summary>With an ellipsis, what was left out may be empty, or an entity's times.</summary>
    private static string Whole(string line) => line
        .Replace("[…]", "[]", StringComparison.Ordinal)
        .Replace(", …}", ""","timestamp":"2026-11-21T08:04:00Z","received":"2026-11-21T08:04:00Z"}""", StringComparison.Ordinal);

    [GeneratedRegex(@"```json\n(?<lines>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"'(?<payload>\{""(event|type)"":[^']*\})'")]
    private static partial Regex Payload();
}
