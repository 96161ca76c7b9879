using System.Text.Json;
using Cecelia.Relay.Contracts;

namespace Cecelia.Relay.Tests.Contracts;

/// <summary>Checks of messages against the contracts, including that a contract mentions every member.</summary>
internal static class Contract
{
    private static readonly SchemaCheck Closed = new(JsonDocument.Parse(ContractDocuments.AsyncApi).RootElement, closed: true);

    public static SchemaCheck Events { get; } = new(JsonDocument.Parse(ContractDocuments.Events).RootElement);

    /// <summary>Fails unless the text conforms to the schema of that name in the AsyncAPI document.</summary>
    public static void Holds(string schema, string json) => Closed.Holds(Reference(schema), json);

    /// <summary>Returns the violations; empty if there are none.</summary>
    public static IReadOnlyList<string> Faults(string schema, string json) => Closed.Faults(Reference(schema), json);

    /// <summary>Returns the name of the schema of a relay message: <c>RelayHello</c> for <c>relay:hello</c>.</summary>
    public static string OfRelay(string name) => "Relay" + char.ToUpperInvariant(name[6]) + name[7..];

    /// <summary>Returns the name of the schema of the response to a GET; null if it is not validated in every test.</summary>
    public static string? OfResponse(string path) => path.Split('?')[0] switch
    {
        "/api/v1/history" => "HistoryResponse",
        "/api/v1/minutes" => "MinutesResponse",
        _ => null,
    };

    private static string Reference(string schema) => "#/components/schemas/" + schema;
}
