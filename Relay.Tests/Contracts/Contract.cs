using System.Text.Json;
using Cecelia.Relay.Contracts;

namespace Cecelia.Relay.Tests.Contracts;

/// <summary>The contracts as the tests want them: does a message hold to one, and nothing in it that none mentions.</summary>
internal static class Contract
{
    private static readonly SchemaCheck Closed = new(JsonDocument.Parse(ContractDocuments.AsyncApi).RootElement, closed: true);

    public static SchemaCheck Events { get; } = new(JsonDocument.Parse(ContractDocuments.Events).RootElement);

    /// <summary>Fails unless the text is a message by the schema of that name in the AsyncAPI document.</summary>
    public static void Holds(string schema, string json) => Closed.Holds(Reference(schema), json);

    /// <summary>What is wrong with it; empty when nothing is.</summary>
    public static IReadOnlyList<string> Faults(string schema, string json) => Closed.Faults(Reference(schema), json);

    /// <summary>The schema of a message of the relay's own: <c>RelayHello</c> for <c>relay:hello</c>.</summary>
    public static string OfRelay(string name) => "Relay" + char.ToUpperInvariant(name[6]) + name[7..];

    private static string Reference(string schema) => "#/components/schemas/" + schema;
}
